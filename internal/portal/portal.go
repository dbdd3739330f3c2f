// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package portal is the small website that an invitation's links lead to (accept or decline, register, confirm), and on
// which customers ask a workspace's people (GTA-7).
//
// It holds no state of its own and knows no cluster: Links finds and moves invitations, Questions takes questions. Pages work
// without JavaScript.
package portal

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
)

// Purpose is what a link is for.
type Purpose = linktoken.Purpose

// Why a link leads nowhere. A Links wraps or returns them; the pages tell them apart with errors.Is.
var (
	// ErrUnknown stands for every link that was never valid, however wrong it is.
	ErrUnknown = errors.New("the link is not known")
	// ErrExpired is a link whose time is over.
	ErrExpired = errors.New("the link has expired")
	// ErrUsed is a link whose step is done.
	ErrUsed = errors.New("the link has been used")
	// ErrRevoked is a link to an invitation that was withdrawn or sent again.
	ErrRevoked = errors.New("the link has been revoked")
	// ErrDeclined is a link to an invitation that the person has declined.
	ErrDeclined = errors.New("the invitation has been declined")
)

// Link is what a token leads to, as a page shows it.
type Link struct {
	// State is where the person stands; it decides which page is shown.
	State v1alpha1.RecipientState
	// Email is the invited address.
	Email string
	// Organization is the name that people know the organization by.
	Organization string
	// Inviter is who invites, as a person is called; empty: nobody is named.
	Inviter string
	// Language is a BCP 47 tag; empty: the browser's language.
	Language string
	// Message is the inviter's plain text.
	Message string
	// Role is what the person gets.
	Role v1alpha1.Role
	// Workspaces are the workspaces granted.
	Workspaces []Workspace
	// Namespace is the organization's Kubernetes namespace.
	Namespace string
	// ExpirationTime is until when the link can be used; zero: not said.
	ExpirationTime time.Time
	// Location is the time zone of ExpirationTime; nil: UTC.
	Location *time.Location
	// Registration fills the form in advance; zero: an empty form.
	Registration v1alpha1.Registration
	// NameGiven is true when the organization has declared the person's name, which is shown whatever the person enters.
	NameGiven bool
	// Username is the name to sign in with.
	Username string
	// NeedsConfirmation is true when a second mail confirms the address after registration.
	NeedsConfirmation bool
}

// Workspace is a workspace that a person is invited to.
type Workspace struct {
	// Title is the name that people know it by.
	Title string
	// Access is what the person may do in it.
	Access v1alpha1.WorkspaceAccess
	// Namespace is the Kubernetes namespace that it owns; empty while the workspace does not exist.
	Namespace string
}

// Links finds and moves invitations by their links.
//
// Together with ErrExpired, ErrUsed, ErrRevoked and ErrDeclined a Link may be returned, so that the page speaks the
// person's language; with ErrUnknown none. Any other error is trouble of the moment. No error text holds the token.
type Links interface {
	// Open tells where a token leads. It never changes anything.
	Open(ctx context.Context, purpose Purpose, token string) (*Link, error)
	// Register accepts the invitation with what the person gave (NOV-10).
	Register(ctx context.Context, token string, r v1alpha1.Registration) (*Link, error)
	// Decline says no to the invitation.
	Decline(ctx context.Context, token string) (*Link, error)
	// Confirm confirms the address, which completes the registration (NOV-11).
	Confirm(ctx context.Context, token string) (*Link, error)
}

// Options say how the portal is reached.
type Options struct {
	// Address is the host:port to listen on; used by Server.
	Address string
	// URL is the address that people see. An https URL adds Strict-Transport-Security; its origin may send forms even
	// when a proxy changes the Host header.
	URL string
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// RequestsPerSecond and Burst limit each client address; zero: 5 and 40. A negative rate means no limit.
	RequestsPerSecond float64
	Burst             int
	// Questions takes customers' questions; nil: there are no pages for them.
	Questions Questions
	// QuestionsPerHour limits the questions from each network (IPv4 /24, IPv6 /64); zero: 30. A negative one means no limit.
	QuestionsPerHour float64
	// Log receives errors, and at verbosity 1 each request's route and status. It never receives a token.
	Log logr.Logger
}
