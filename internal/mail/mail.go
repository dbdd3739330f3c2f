// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mail writes the mails that invited people and contacts get, and hands them to an SMTP server.
//
// It knows nothing of Kubernetes: a Content goes in, a Rendered mail comes out, a Sender delivers it.
package mail

import "time"

// Kind is one of the mails that a person gets on the way from invited to active, or that contacts get (GTA-12).
type Kind string

const (
	// Invitation holds the link to the invitation's page (NOV-8, NOV-9).
	Invitation Kind = "Invitation"
	// Confirmation holds the link that confirms the address (NOV-11).
	Confirmation Kind = "Confirmation"
	// Welcome tells what the person has (LMI-12).
	Welcome Kind = "Welcome"
	// SeatsExhausted alerts that no seat of a module is left (GTA-11).
	SeatsExhausted Kind = "SeatsExhausted"
	// InvitationUndeliverable alerts that an invitation is refused for good.
	InvitationUndeliverable Kind = "InvitationUndeliverable"
	// LastAdministratorHeld alerts that the last administrator cannot leave (ORG-4).
	LastAdministratorHeld Kind = "LastAdministratorHeld"
	// MoreAlerts tells that there are more alerts than are sent one by one.
	MoreAlerts Kind = "MoreAlerts"
	// StatusReport tells how things stand.
	StatusReport Kind = "Report"
	// QuestionConfirmation asks a customer to confirm the address that a question came from (GTA-8).
	QuestionConfirmation Kind = "QuestionConfirmation"
	// QuestionReceipt tells a customer that a question was received.
	QuestionReceipt Kind = "QuestionReceipt"
	// Question passes a customer's question on to the queue.
	Question Kind = "Question"
)

// Content is what a mail says. Only Kind, Organization and, where the mail leads somewhere, URL are necessary.
type Content struct {
	// Kind is which mail it is.
	Kind Kind
	// Language is a BCP 47 tag; the closest language that Usher ships is taken, English if none is close.
	Language string
	// Organization is the name that people know the organization by.
	Organization string
	// Inviter is who invites, as a person is called; empty: nobody is named.
	Inviter string
	// Recipient is the display name of the person who gets the mail; empty: the greeting names nobody.
	Recipient string
	// Role is the API's name of the role, Member for example; it is written out in the language.
	Role string
	// Workspaces are the names of the workspaces granted.
	Workspaces []string
	// Message is plain text of the inviter; its line breaks are kept. It stands in the Invitation.
	Message string
	// URL is where the button leads: absolute, http or https. Necessary but for a Welcome.
	URL string
	// Expires is until when URL can be used; zero: not said.
	Expires time.Time
	// Location is the time zone in which Expires is written; nil: UTC.
	Location *time.Location
	// Username is the name to sign in with; it stands in the Welcome, with how to use it. Empty: nothing to sign in to.
	Username string
	// Subject is what an alert or a report is about: a module, an address, an organization.
	Subject string
	// Values are further values for the phrases of an alert or a report, as the number of seats.
	Values map[string]string
	// Facts are the labelled lines of an alert or a report.
	Facts []Fact
}

// Fact is one labelled line.
type Fact struct {
	Label  Word
	Values []Word
}

// Word is a piece of text: of the phrase Key, with Values for its words in braces; or a time; or Text as it is.
type Word struct {
	Key    string
	Values map[string]string
	Time   time.Time
	Text   string
}

// Rendered is a mail's text, the same in two forms.
type Rendered struct {
	// Language is the BCP 47 tag of the language that the mail is written in.
	Language string
	// Subject is one line without control characters.
	Subject string
	// Text is the plain text part.
	Text string
	// HTML is the HTML part: a whole document without anything remote.
	HTML string
}

// Message is a mail to one person.
type Message struct {
	// From is an address with or without a name that takes the place of the Sender's own; empty: the Sender's own.
	From string
	// FromName takes the place of the name in the sender's address; empty: the name stays.
	FromName string
	// ReplyTo is where answers go, with or without a name; empty: to the sender's address.
	ReplyTo string
	// To is the bare address of the person.
	To string
	// Personal tells that somebody wrote what the mail says: it is not marked as automatic, so that a help desk takes it, and
	// absence notes are not held back.
	Personal bool
	// Attachments come with the mail.
	Attachments []Attachment
	// MessageID identifies the mail, with or without angle brackets. A mail that is sent again carries the same.
	MessageID string

	Rendered
}

// Attachment is a file that comes with a mail.
type Attachment struct {
	// Name is the file's name, Type its MIME type.
	Name, Type string
	Content    []byte
}
