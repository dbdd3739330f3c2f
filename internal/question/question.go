// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package question decides what happens to a customer's question between the page and the queue (GTA-8): its record, its states, the
// mails that they call for, the limits, and when technicians are available. It is pure: no client and no clock.
package question

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// State is how far a question has come.
type State string

const (
	// Waiting means that the asker has to confirm the address.
	Waiting State = "Waiting"
	// Received means that the question is confirmed, and to be passed on to the queue.
	Received State = "Received"
	// Passed means that the queue's mail server has accepted the question.
	Passed State = "Passed"
	// Failed means that the server has refused the question permanently. It is kept and tried again every day, and when the queue's
	// address changes.
	Failed State = "Failed"
)

// Kind is a kind of mail that a question calls for.
type Kind string

const (
	// KindConfirmation asks the asker to confirm the address.
	KindConfirmation Kind = "QuestionConfirmation"
	// KindReceipt tells the asker the reference, and contains the link to the page with the asker's questions.
	KindReceipt Kind = "QuestionReceipt"
	// KindQuestion passes the question on to the queue.
	KindQuestion Kind = "Question"
)

// Mail is the state of one of a question's mails.
type Mail struct {
	// State is empty while the mail is not called for.
	State v1alpha1.MailState `json:"state,omitempty"`
	// Attempts counts the attempts made.
	Attempts int32 `json:"attempts,omitempty"`
	// NextAttempt is when to try next; zero: at once.
	NextAttempt time.Time `json:"nextAttempt,omitzero"`
	// LastError is what the mail server answered, without links and without what the mail says.
	LastError string `json:"lastError,omitempty"`
	// Budget is the platform's budget for which the mail waits; empty: it does not wait for one.
	Budget string `json:"budget,omitempty"`
	// Held is how long the mail has waited for budgets, which is not taken from the time to confirm.
	Held time.Duration `json:"held,omitempty"`
}

// Record is what is kept of a question after it has been passed on.
type Record struct {
	// Organization is the organization's namespace and Workspace the Workspace's name. WorkspaceUID distinguishes it from a later
	// Workspace of that name.
	Organization string    `json:"organization"`
	Workspace    string    `json:"workspace"`
	WorkspaceUID types.UID `json:"workspaceUID"`
	// Reference names the question to people.
	Reference string `json:"reference"`
	// Subject is one line.
	Subject string `json:"subject"`
	// Asker is the digest of the asker's address. Address is the address itself, as long as a mail or the account needs it.
	Asker   string `json:"asker"`
	Address string `json:"address,omitempty"`
	// Network is the network that an unconfirmed question came from, as in 203.0.113.0/24. It is deleted with the confirmation.
	Network string `json:"network,omitempty"`
	// Language is the BCP 47 tag of the language in which the asker saw the page.
	Language string `json:"language,omitempty"`
	// Queue is the last known address of the queue.
	Queue string `json:"queue"`
	// State is how far the question has come; Asked, Confirmed and PassedOn are the times of its transitions.
	State     State     `json:"state"`
	Asked     time.Time `json:"asked"`
	Confirmed time.Time `json:"confirmed,omitzero"`
	PassedOn  time.Time `json:"passedOn,omitzero"`
	// Account is true once the asker's account has been ensured: an account that somebody deletes later is not recreated.
	Account bool `json:"account,omitempty"`
	// Confirmation, Receipt and Forward are the mails of each Kind, in its order.
	Confirmation Mail `json:"confirmation,omitzero"`
	Receipt      Mail `json:"receipt,omitzero"`
	Forward      Mail `json:"forward,omitzero"`
}

// Question is a record together with what the asker wrote, which is kept until the question has been passed on.
type Question struct {
	Record

	// Name is the name that the asker gave; empty: none.
	Name string
	// Text is the question itself, lines of plain text.
	Text string
}

// Limits of what an asker writes. The first three count characters.
const (
	MaxName    = 128
	MaxSubject = 150
	MaxText    = 8000
	// MaxTextBytes limits the text in bytes, for scripts that need several for a character.
	MaxTextBytes = 14000
)

// How long questions are kept.
const (
	// ConfirmWithin is how long askers have to confirm their address.
	ConfirmWithin = 24 * time.Hour
	// KeepFor is how long Usher tries to pass a question on, and how long it keeps the record afterwards.
	KeepFor = 30 * 24 * time.Hour
	// retryRefused is how long after a permanent refusal Usher tries again.
	retryRefused = 24 * time.Hour
)

// Open reports whether a question has not been passed on yet, and so counts against the limits.
func (r *Record) Open() bool { return r.State != Passed }

// Mail returns the mail of a kind.
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
