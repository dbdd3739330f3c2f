// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package portal serves the pages that the links in mails lead to (accept or decline an invitation, register, confirm), and the
// pages on which customers ask a workspace's team questions (GTA-7). Pages work without JavaScript.
//
// The handlers keep no state and do not know the cluster. They use two interfaces: Links finds invitations and changes their
// state, Questions accepts questions. ClusterLinks and ClusterQuestions implement them.
package portal

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-logr/logr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/signin"
)

// Purpose is what a link is for.
type Purpose = linktoken.Purpose

// The errors that say why a link cannot be used. Links and Questions return them, possibly wrapped.
var (
	// ErrUnknown is returned for every link that was never valid, whatever is wrong with it.
	ErrUnknown = errors.New("the link is unknown")
	// ErrExpired is returned for a link whose validity has ended.
	ErrExpired = errors.New("the link has expired")
	// ErrUsed is returned for a link whose step is done.
	ErrUsed = errors.New("the link has been used")
	// ErrRevoked is returned for a link of an invitation that was revoked.
	ErrRevoked = errors.New("the link has been revoked")
	// ErrReplaced is returned for a link of an invitation that was sent again since.
	ErrReplaced = errors.New("the link has been replaced by a newer one")
	// ErrClosed is returned for a question to a workspace whose queue's owner has not agreed to it yet.
	ErrClosed = errors.New("the page is not open yet")
	// ErrDeclined is returned for a link of an invitation that the person has declined.
	ErrDeclined = errors.New("the invitation has been declined")
	// ErrOtherAddress is returned for a person who has signed in with another address than the invited one.
	ErrOtherAddress = errors.New("the person has signed in with another address than the invited one")
	// ErrPaused is returned while nothing may change in the organization, because the platform has paused it.
	ErrPaused = errors.New("the organization is paused")
)

// Link is what a token leads to, as a page shows it.
type Link struct {
	// State is the person's state. It decides which page is shown.
	State v1alpha1.RecipientState
	// Email is the invited address.
	Email string
	// Organization is the name that people know the organization by.
	Organization string
	// Branding is how the organization's pages look.
	Branding Branding
	// Inviter is the inviter's display name; empty: the page names nobody.
	Inviter string
	// Language is a BCP 47 tag; empty: the browser's language.
	Language string
	// Message is the inviter's plain text.
	Message string
	// Role is the role granted.
	Role v1alpha1.Role
	// Workspaces are the workspaces granted, from whatever source; MoreWorkspaces is how many there are beside them.
	Workspaces     []Workspace
	MoreWorkspaces int
	// Modules are the modules granted; AwaitingSeats are those that wait for a free seat.
	Modules, AwaitingSeats []string
	// Standing says how much of what is granted is in force, or comes into force when the person accepts; empty: all of it.
	Standing effective.Standing
	// Contact is whom the person can ask.
	Contact lookup.Contact
	// Namespace is the organization's Kubernetes namespace.
	Namespace string
	// ExpirationTime is until when the link can be used; zero: the page does not say.
	ExpirationTime time.Time
	// Location is the time zone of ExpirationTime; nil: UTC.
	Location *time.Location
	// Registration prefills the form.
	Registration v1alpha1.Registration
	// NameGiven is true if the organization has declared the person's name, which the person cannot change.
	NameGiven bool
	// Username is the name to sign in with.
	Username string
	// RevocationReason is why the invitation was revoked; empty: it was withdrawn.
	RevocationReason v1alpha1.RevocationReason
	// CanReconsider is true if the person has declined and can take it back.
	CanReconsider bool
	// SignInURL is where the person signs in; empty: the page has no link.
	SignInURL string
	// Kubeconfigs are the person's, once they have access.
	Kubeconfigs kubeconfig.Issued
	// AccountPath is where the person signs in to their own page, once they have access; empty: they have none.
	AccountPath string
	// NeedsConfirmation is true if a second mail confirms the address after registration.
	NeedsConfirmation bool
	// Provider is with whom the person can sign in instead of waiting for the second mail; without an issuer: nobody.
	Provider signin.Provider
	// SignedIn is the address that the person has signed in with, if the page is about that; empty: none.
	SignedIn string
	// User is the name of the person's OrgUser in Namespace; empty: unknown.
	User string
	// NeedsPassword is true if the step that completes the registration sets a password, of PasswordLength characters at least.
	NeedsPassword  bool
	PasswordLength int
	// PasswordAwaited is true if the person could not set a password on the way, and gets a mail with a link to do so.
	PasswordAwaited bool
}

// Branding is how an organization's pages look.
type Branding struct {
	// Logo is a picture that effective.LogoType accepts; empty: there is none.
	Logo []byte
	// AccentColor is #RRGGBB; empty: the portal's own.
	AccentColor string
}

// Workspace is a workspace that a person is invited to.
type Workspace struct {
	// Title is the name that people know it by.
	Title string
	// Access is what the person may do in it.
	Access v1alpha1.WorkspaceAccess
	// Namespace is the Kubernetes namespace that it owns; empty: unknown.
	Namespace string
	// Origins are where the access comes from, on a person's own page.
	Origins []v1alpha1.GrantOrigin
	// NotReady is true if the workspace does not exist or has no namespace yet, so that nobody has access to it.
	NotReady bool
}

// Links finds invitations by their links and changes their state.
//
// With ErrExpired, ErrUsed, ErrRevoked, ErrReplaced and ErrDeclined it may return a Link as well, so that the page is in the person's
// language and says whom to ask; with ErrUnknown and ErrPaused it returns none. Any other error is temporary. No error contains the token.
type Links interface {
	// Open returns what a token leads to. It never changes anything.
	Open(ctx context.Context, purpose Purpose, token string) (*Link, error)
	// Register accepts the invitation with what the person entered (NOV-10).
	Register(ctx context.Context, token string, r v1alpha1.Registration) (*Link, error)
	// AcceptSignedIn accepts the invitation of a person who has signed in. The verified address takes the place of the second mail (SIG-1).
	// For another address, the error is ErrOtherAddress.
	AcceptSignedIn(ctx context.Context, token string, who signin.Identity, r v1alpha1.Registration) (*Link, error)
	// Decline declines the invitation.
	Decline(ctx context.Context, token string) (*Link, error)
	// Reconsider takes a decline back: the person is invited as before.
	Reconsider(ctx context.Context, token string) (*Link, error)
	// Confirm confirms the address, which completes the registration (NOV-11).
	Confirm(ctx context.Context, token string) (*Link, error)
	// OpenAddress returns the account whose new address a token confirms. The state of the Link is Registered while it is to be
	// confirmed, and Active once it is. It never changes anything.
	OpenAddress(ctx context.Context, token string) (*Link, error)
	// ConfirmAddress confirms the new address of an account.
	ConfirmAddress(ctx context.Context, token string) (*Link, error)
}

// Options configure the portal.
type Options struct {
	// Address is the host:port on which Server listens.
	Address string
	// URL is where people reach the portal. An https URL adds the header Strict-Transport-Security. Forms from its origin are
	// accepted even if a proxy changes the Host header.
	URL string
	// TrustedProxies are the networks whose X-Forwarded-For header is trusted.
	TrustedProxies []netip.Prefix
	// RequestsPerSecond and Burst limit each client; zero: 5 and 40. A negative rate means no limit.
	RequestsPerSecond live.Value[float64]
	Burst             int
	// Questions accepts customers' questions; nil: the portal has no contact pages.
	Questions Questions
	// Queues asks the owners of queues' addresses; nil: the portal has no page for them.
	Queues Queues
	// Directories serves the directories of organizations, below /scim/v2/; nil: the portal has none.
	Directories http.Handler
	// SignIn leads people to their identity provider; nil: nobody signs in.
	SignIn SignIn
	// Accounts are people's own pages; nil: there are none. They need SignIn.
	Accounts Accounts
	// Keys encrypt what a sign-in leaves in a browser; needed with SignIn.
	Keys signin.Keys
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Passwords sets passwords that meet PasswordPolicy; nil: people have no accounts with a password.
	Passwords      Passwords
	PasswordPolicy *identity.Policy
	// QuestionsPerHour limits the questions from each network (IPv4 /24, IPv6 /48); zero: 30; negative: no limit.
	QuestionsPerHour live.Value[float64]
	// Middleware wraps the handler of a Server; nil: nothing does.
	Middleware func(http.Handler) http.Handler
	// Log receives errors and, at verbosity 1, each request's route and status. It never receives a token.
	Log logr.Logger
}
