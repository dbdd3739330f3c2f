// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/question"
)

// ContactPage is a workspace's page for customers (GTA-7).
type ContactPage struct {
	// Organization is the name that people know the organization by. Title is the page's heading.
	Organization, Title string
	// Introduction is plain text; empty: there is none.
	Introduction string
	// Branding is how the page looks: the workspace's color comes before the organization's.
	Branding Branding
	// Path is the page's path, without a query.
	Path string
	// Language is a BCP 47 tag: the workspace's language, or that of the asker whose link was opened.
	Language string
	// Hours are when technicians are available; empty: the page does not mention availability. Location is their time zone.
	Hours    []v1alpha1.OpeningHours
	Location *time.Location
	// Now is the time for which the page says whether somebody is available.
	Now time.Time
	// Closed is true while the owner of the queue's address has not agreed to it: nothing can be asked.
	Closed bool
	// OwnAddresses are the workspace's own addresses, which cannot ask questions.
	OwnAddresses []string
}

// Submission is a question as it was sent from a workspace's page.
type Submission struct {
	// Form identifies the form, so that a question that is sent twice counts once.
	Form string
	// Name may be empty; Address, Subject and Text are well-formed.
	Name, Address, Subject, Text string
	// Language is the language in which the page was shown.
	Language string
	// Network is the network that the form came from.
	Network string
}

// Question is a question as its asker sees it.
type Question struct {
	Reference, Subject string
	// Name, Address and Text are empty once the question was passed on.
	Name, Address, Text         string
	State                       question.State
	At, ConfirmedAt, PassedOnAt time.Time
	// Asker is the token of the page with all of the asker's questions in the workspace.
	Asker string
}

// Questions accepts customers' questions. It returns ErrUnknown for a page or link that never existed, and ErrExpired for a
// question that is no longer stored. Any other error is temporary. No error contains a token or what was asked.
type Questions interface {
	// ContactPage returns a workspace's page, by the names of the organization and the workspace.
	ContactPage(ctx context.Context, organization, workspace string) (*ContactPage, error)
	// Ask stores a question until its asker confirms the address. It returns a *store.LimitError if a limit is reached, and ErrClosed if
	// the page is closed.
	Ask(ctx context.Context, organization, workspace string, s Submission) error
	// Question returns the question that a confirmation link leads to. It changes nothing.
	Question(ctx context.Context, token string) (*ContactPage, *Question, error)
	// Confirm confirms the asker's address.
	Confirm(ctx context.Context, token string) (*ContactPage, *Question, error)
	// ByAsker returns the questions of an asker in a workspace, the newest first.
	ByAsker(ctx context.Context, token string) (*ContactPage, []Question, error)
}
