// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/question"
)

// Counter is a workspace's page for customers (GTA-7).
type Counter struct {
	// Organization is the name that people know the organization by, Title the page's heading.
	Organization, Title string
	// Introduction is plain text; empty: there is none.
	Introduction string
	// AccentColor is #RRGGBB; empty: the portal's own.
	AccentColor string
	// Language is a BCP 47 tag: the workspace's, or that of the asker whose link was opened.
	Language string
	// Hours are when technicians are at hand; none: nothing is said about it. Location is their time zone.
	Hours    []v1alpha1.OpeningHours
	Location *time.Location
	// Now is the time for which the page says whether somebody is at hand.
	Now time.Time
	// Own are the workspace's own addresses, which ask nothing.
	Own []string
}

// Ask is what somebody asks.
type Ask struct {
	// Form tells one form that was sent from another, so that one that is sent twice counts once.
	Form string
	// Name may be empty; Address, Subject and Text are well-formed.
	Name, Address, Subject, Text string
	// Language is the one that the page was read in.
	Language string
}

// Asked is a question as its asker sees it.
type Asked struct {
	Reference, Subject string
	// Name, Address and Text are empty when the question was passed on.
	Name, Address, Text         string
	State                       question.State
	At, ConfirmedAt, PassedOnAt time.Time
	// Asker is the token of the page with all of the asker's questions in the workspace.
	Asker string
}

// Questions takes customers' questions. ErrUnknown is the answer for every page and link that there never was, ErrExpired
// for a question that is not kept any more. Any other error is trouble of the moment; none holds a token or what was asked.
type Questions interface {
	// Counter gives a workspace's page, by the organization's and the workspace's names.
	Counter(ctx context.Context, organization, workspace string) (*Counter, error)
	// Ask keeps a question until its asker confirms the address. A *desk.LimitError says that no further one is taken.
	Ask(ctx context.Context, organization, workspace string, a Ask) error
	// Question tells what the link of a confirmation leads to. It changes nothing.
	Question(ctx context.Context, token string) (*Counter, *Asked, error)
	// Confirm confirms the asker's address.
	Confirm(ctx context.Context, token string) (*Counter, *Asked, error)
	// OfAsker gives the questions of an asker in a workspace, the newest first.
	OfAsker(ctx context.Context, token string) (*Counter, []Asked, error)
}
