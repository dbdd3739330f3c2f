// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"errors"
	"time"

	"github.com/emersion/go-smtp"
)

// Trouble is how a mail server misbehaves. A type that embeds None overrides what it needs.
//
// The errors are the server's answers: an *smtp.SMTPError with its own code, any other error with 451 (try again later).
// After an answer of 421 the server closes the connection. The methods are called from several goroutines.
type Trouble interface {
	// Greeting returns the answer that replaces the greeting of a new connection; nil lets the client in.
	Greeting() error
	// Sender returns the refusal of a sender; nil accepts it.
	Sender(sender string) error
	// Recipient returns the refusal of a recipient; nil accepts it.
	Recipient(recipient string) error
	// Text returns the fate of a mail, by its recipients, when its text is about to arrive.
	Text(recipients []string) Fate
	// Delay returns how long each answer takes.
	Delay() time.Duration
}

// Fate is what happens to a mail; the zero value accepts it.
type Fate struct {
	// Refuse is the answer to the mail; nil accepts it.
	Refuse error
	// CutAfter closes the connection after this many bytes of the text and keeps none of them; 0 does not.
	CutAfter int64
	// KeepAndCut keeps the mail and closes the connection without an answer.
	KeepAndCut bool
}

// None is no trouble at all.
type None struct{}

// Greeting implements Trouble.
func (None) Greeting() error { return nil }

// Sender implements Trouble.
func (None) Sender(string) error { return nil }

// Recipient implements Trouble.
func (None) Recipient(string) error { return nil }

// Text implements Trouble.
func (None) Text([]string) Fate { return Fate{} }

// Delay implements Trouble.
func (None) Delay() time.Duration { return 0 }

// Down is the trouble of a server that lets nobody in: it gives this answer to every new connection, and to every
// recipient over the open ones.
func Down(answer error) Trouble { return down{answer: answer} }

type down struct {
	None

	answer error
}

func (d down) Greeting() error        { return d.answer }
func (d down) Recipient(string) error { return d.answer }

// RefuseRecipients is the trouble of a server that asks refuse about each recipient; nil accepts the recipient.
func RefuseRecipients(refuse func(recipient string) error) Trouble { return refusal{refuse: refuse} }

type refusal struct {
	None

	refuse func(recipient string) error
}

func (r refusal) Recipient(recipient string) error { return r.refuse(recipient) }

// FateOfMails is the trouble of a server that accepts all recipients and asks decide about each mail.
func FateOfMails(decide func(recipients []string) Fate) Trouble { return fates{decide: decide} }

type fates struct {
	None

	decide func(recipients []string) Fate
}

func (f fates) Text(recipients []string) Fate { return f.decide(recipients) }

// Slow is the trouble of a server that takes this long for each answer.
func Slow(delay time.Duration) Trouble { return slow{delay: delay} }

type slow struct {
	None

	delay time.Duration
}

func (s slow) Delay() time.Duration { return s.delay }

// SetTrouble makes the server misbehave from the next command on, also over open connections. None ends the trouble.
func (m *Mailbox) SetTrouble(trouble Trouble) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trouble = trouble
}

// SetFault makes the server ask fault about each recipient, as RefuseRecipients does. A nil function ends the fault.
func (m *Mailbox) SetFault(fault func(recipient string) error) {
	if fault == nil {
		m.SetTrouble(None{})
		return
	}
	m.SetTrouble(RefuseRecipients(fault))
}

// Connections returns the number of connections so far.
func (m *Mailbox) Connections() int { return int(m.connections.Load()) }

func (m *Mailbox) currentTrouble() Trouble {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.trouble
}

// reply turns any error into an answer.
func reply(err error) *smtp.SMTPError {
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		return answer
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: err.Error()}
}
