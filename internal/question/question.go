// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package question is what a customer's question goes through, from the page to the queue (GTA-8): its form, its states, the
// mails that they call for, the limits, and when technicians are at hand. It is pure: no client and no clock.
package question

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// State is where a question stands.
type State string

const (
	// Waiting waits for the asker to confirm the address.
	Waiting State = "Waiting"
	// Received is confirmed, and to be passed on to the queue.
	Received State = "Received"
	// Passed was taken by the queue's mail server.
	Passed State = "Passed"
	// Failed was refused by that server for good. It is kept and tried again, each day or when the queue's address changes.
	Failed State = "Failed"
)

// Kind is one of the mails that a question calls for.
type Kind string

const (
	// KindConfirmation asks the asker to confirm the address.
	KindConfirmation Kind = "QuestionConfirmation"
	// KindReceipt tells the asker the reference, and holds the link to the page with the asker's questions.
	KindReceipt Kind = "QuestionReceipt"
	// KindQuestion passes the question on to the queue.
	KindQuestion Kind = "Question"
)

// Mail is how far one of a question's mails has come.
type Mail struct {
	// State is empty while the mail is not called for.
	State v1alpha1.MailState `json:"state,omitempty"`
	// Attempts counts the attempts that were made.
	Attempts int32 `json:"attempts,omitempty"`
	// NextAttempt is when to try again; zero: at once.
	NextAttempt time.Time `json:"nextAttempt,omitzero"`
	// LastError is what the mail server said, without links and without what the mail says.
	LastError string `json:"lastError,omitempty"`
}

// Record is what is kept of a question after it was passed on.
type Record struct {
	// Organization is the organization's namespace, Workspace the Workspace's name and WorkspaceUID tells it from a later one
	// of that name.
	Organization string    `json:"organization"`
	Workspace    string    `json:"workspace"`
	WorkspaceUID types.UID `json:"workspaceUID"`
	// Reference names the question to people.
	Reference string `json:"reference"`
	// Subject is one line.
	Subject string `json:"subject"`
	// Asker is the digest of the asker's address. Address is the address itself, until no mail to or about the asker is due.
	Asker   string `json:"asker"`
	Address string `json:"address,omitempty"`
	// Language is the BCP 47 tag of the language that the asker has seen the page in.
	Language string `json:"language,omitempty"`
	// Queue is the queue's address that was last known.
	Queue string `json:"queue"`
	// State is where the question stands; Asked, Confirmed and PassedOn are since when.
	State     State     `json:"state"`
	Asked     time.Time `json:"asked"`
	Confirmed time.Time `json:"confirmed,omitzero"`
	PassedOn  time.Time `json:"passedOn,omitzero"`
	// Account tells that the asker's account was seen to: an account that somebody deletes later is not made again.
	Account bool `json:"account,omitempty"`
	// Confirmation, Receipt and Forward are the mails.
	Confirmation Mail `json:"confirmation,omitzero"`
	Receipt      Mail `json:"receipt,omitzero"`
	Forward      Mail `json:"forward,omitzero"`
}

// Question is a record with what the asker wrote, as long as it is kept.
type Question struct {
	Record

	// Name is the asker's name as given; empty: none was.
	Name string
	// Text is the question: lines of plain text.
	Text string
}

// Sizes of what an asker writes; the first three count characters.
const (
	MaxName    = 128
	MaxSubject = 150
	MaxText    = 8000
	// MaxTextBytes bounds the text in bytes, for scripts that need several a character.
	MaxTextBytes = 14000
)

// How long questions are kept.
const (
	// ConfirmWithin is how long an asker has to confirm the address.
	ConfirmWithin = 24 * time.Hour
	// KeepFor is how long a record is kept after the question was passed on, and how long is tried to pass one on.
	KeepFor = 30 * 24 * time.Hour
	// retryRefused is how long after a refusal for good it is tried again.
	retryRefused = 24 * time.Hour
)

// Open tells whether a question is not passed on yet, and counts against the limits.
func (r *Record) Open() bool { return r.State != Passed }

// Mail gives one of the mails.
func (r *Record) Mail(kind Kind) *Mail {
	switch kind {
	case KindConfirmation:
		return &r.Confirmation
	case KindReceipt:
		return &r.Receipt
	default:
		return &r.Forward
	}
}
