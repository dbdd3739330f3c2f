// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mail writes the mails to invited people and contacts, and sends them to an SMTP server.
//
// It knows nothing of Kubernetes: a Content goes in, a Rendered mail comes out, a Sender delivers it.
package mail

import "time"

// Kind is the kind of a mail: one that a person gets on the way from invited to active, or one for contacts (GTA-12).
type Kind string

const (
	// Invitation contains the link to the invitation's page (NOV-8, NOV-9).
	Invitation Kind = "Invitation"
	// Confirmation contains the link that confirms the address (NOV-11).
	Confirmation Kind = "Confirmation"
	// Welcome lists what the person has (LMI-12).
	Welcome Kind = "Welcome"
	// Suspended tells a person who has registered that their account is suspended.
	Suspended Kind = "Suspended"
	// AddressChange contains the link that confirms the new address of an account.
	AddressChange Kind = "AddressChange"
	// Password contains the link to choose a password (SIG-2).
	Password Kind = "Password"
	// AccessChange says what has changed about a person's access.
	AccessChange Kind = "AccessChange"
	// SeatsExhausted alerts that no seat of a module is left (GTA-11).
	SeatsExhausted Kind = "SeatsExhausted"
	// InvitationUndeliverable alerts that an invitation was refused permanently.
	InvitationUndeliverable Kind = "InvitationUndeliverable"
	// LastAdministratorHeld alerts that the last administrator cannot leave (ORG-4).
	LastAdministratorHeld Kind = "LastAdministratorHeld"
	// LeaveRequested alerts that somebody asks to be removed (SIG-5).
	LeaveRequested Kind = "LeaveRequested"
	// MoreAlerts says that there are more alerts than are sent one by one.
	MoreAlerts Kind = "MoreAlerts"
	// StatusReport is a report about users, invitations and seats.
	StatusReport Kind = "Report"
	// QuestionConfirmation asks a customer to confirm the address that a question came from (GTA-8).
	QuestionConfirmation Kind = "QuestionConfirmation"
	// QuestionReceipt confirms to a customer that a question was received.
	QuestionReceipt Kind = "QuestionReceipt"
	// Question passes a customer's question on to the queue.
	Question Kind = "Question"
	// QueueConfirmation asks the owner of a workspace's queue to confirm the address.
	QueueConfirmation Kind = "QueueConfirmation"
)

// Content is what a mail says. Only Kind, Organization and, for a mail with a button, URL are required.
type Content struct {
	// Kind is the kind of the mail.
	Kind Kind
	// Language is a BCP 47 tag. The closest language that Usher ships is used, or English if none is close.
	Language string
	// Organization is the name that people know the organization by.
	Organization string
	// Inviter is the display name of the inviter; empty: nobody is named.
	Inviter string
	// Recipient is the display name of the person who gets the mail; empty: the greeting names nobody.
	Recipient string
	// Role is the name of the role in the API, for example Member. It is translated.
	Role string
	// Workspaces are the workspaces granted, with what the person may do there, and Modules the modules.
	Workspaces, Modules []Word
	// Standing chooses the phrases of a Welcome: Partial, NoWorkspace or Waiting, if not all of it is in force.
	Standing string
	// Contact is whom the person can ask, with an address; empty: nobody is named.
	Contact string
	// Answered is true if answers to the mail reach the Contact, or whoever wrote it. Other mails say that they are automatic.
	Answered bool
	// Message is plain text from the inviter, shown in the Invitation. Its line breaks are kept.
	Message string
	// URL is where the button leads: absolute, http or https. It is required in a mail with a button. In a Welcome it is where to sign in;
	// empty: the mail has no button.
	URL string
	// Expires is when URL expires; zero: not shown.
	Expires time.Time
	// Location is the time zone for Expires; nil: UTC.
	Location *time.Location
	// Username is the name to sign in with, shown in the Welcome with how to use it. Empty: there is nothing to sign in to.
	Username string
	// Namespaces are the Kubernetes namespaces that the person works in, and Commands what to try there, shown in the Welcome.
	Namespaces []string
	Commands   []Command
	// AccountURL is where the person signs in to their own page, shown in the Welcome; empty: there is none.
	AccountURL string
	// Kubeconfig is the name of the file that is attached to the Welcome, with which the person logs in; empty: there is none.
	Kubeconfig string
	// Subject is what an alert or a report is about: a module, an address, an organization.
	Subject string
	// Values are further values for the phrases of an alert or a report, such as the number of seats.
	Values map[string]string
	// Facts are the labelled lines of an alert, a report or an AccessChange.
	Facts []Fact
}

// Fact is one labelled line.
type Fact struct {
	Label  Word
	Values []Word
}

// Word is a piece of text: the phrase Key, with Values for its words in braces; or a time; or Text as it is.
type Word struct {
	Key    string
	Values map[string]string
	Time   time.Time
	Text   string
}

// Command is a line for a terminal, with what it is for.
type Command struct {
	Label Word
	Line  string
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
	// From is an address, with or without a name, that replaces the Sender's own; empty: the Sender's own.
	From string
	// FromName replaces the name in the sender's address; empty: the name stays.
	FromName string
	// ReplyTo is the address for answers, with or without a name; empty: the sender's address.
	ReplyTo string
	// To is the bare address of the person.
	To string
	// Personal is true when a person wrote what the mail says. The mail is then not marked as automatic, so that help desks
	// accept it and out-of-office replies are not suppressed.
	Personal bool
	// Attachments are sent with the mail.
	Attachments []Attachment
	// MessageID identifies the mail, with or without angle brackets. A mail that is sent again has the same one.
	MessageID string
	// InReplyTo is the Message-ID of an earlier mail of the same conversation, with or without angle brackets, so that mail programs show
	// the two together; empty: the mail starts a conversation.
	InReplyTo string

	Rendered
}

// Attachment is a file that is sent with a mail.
type Attachment struct {
	// Name is the file's name, Type its MIME type.
	Name, Type string
	Content    []byte
}
