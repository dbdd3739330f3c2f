// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package refusal reads the answers of mail servers: whether the server refuses the connection, the sender, the mail or the
// recipient. It has no connection and no clock.
package refusal

import (
	"regexp"
	"strconv"
)

// Scope is what a refusal is about.
type Scope string

const (
	// Connection means that the server serves nobody, or not this client: it is down, or blocks the address that connects.
	Connection Scope = "connection"
	// Sender means that the server accepts no mail from this sender: a missing permission, a quota, or a refused relay.
	Sender Scope = "sender"
	// Message means that the server refuses the mail itself, whoever it is to: its size or its content.
	Message Scope = "message"
	// Recipient means that the server refuses the recipient's address.
	Recipient Scope = "recipient"
)

// Scopes returns all scopes.
func Scopes() []Scope { return []Scope{Connection, Sender, Message, Recipient} }

// Phase is the part of the dialogue that the server answered.
type Phase int

const (
	// PhaseConnect lasts until the client is greeted, protected and signed in.
	PhaseConnect Phase = iota
	// PhaseSender is MAIL FROM.
	PhaseSender
	// PhaseRecipient is RCPT TO.
	PhaseRecipient
	// PhaseText is DATA and the text of the mail.
	PhaseText
)

// Verdict is what an answer means.
type Verdict struct {
	// Scope is what the server refuses.
	Scope Scope
	// Permanent is true when the same mail can never arrive. Only mails and recipients are refused permanently: whatever is wrong
	// with the connection or the sender ends when the platform corrects it.
	Permanent bool
	// MailboxFull is true when the recipient has no room for the mail at the moment, whatever the code.
	MailboxFull bool
}

// Classify reads an answer. Text is everything after the code. An enhanced code (RFC 3463) at its start counts more than the code, and
// the words count where neither is specific. In doubt a refusal is not the recipient's.
func Classify(phase Phase, code int, text string) Verdict {
	a := answer{phase: phase, code: code, words: words(text), sendAs: sendAs.MatchString(text)}
	a.class, a.subject, a.detail = enhanced(text)
	v := Verdict{Scope: a.scope()}
	v.MailboxFull = v.Scope == Recipient && a.full()
	v.Permanent = code >= 500 && !v.MailboxFull && (v.Scope == Message || v.Scope == Recipient)
	return v
}

// answer is an answer of a server; class 0: it has no enhanced code.
type answer struct {
	phase                  Phase
	code                   int
	class, subject, detail int
	words                  string
	// sendAs is true when the sender may not use the address.
	sendAs bool
}

const (
	codeClosing       = 421
	codeUnrecognized  = 500
	codeBadArguments  = 501
	codeTooLarge      = 552
	codeBadParameters = 555
)

// accountCodes are about the account with which the client signs in (RFC 4954).
var accountCodes = map[int]bool{530: true, 534: true, 535: true, 538: true}

func (a answer) scope() Scope {
	switch {
	case a.phase == PhaseConnect, a.code < 400, a.code == codeClosing:
		return Connection
	case accountCodes[a.code], a.sendAs:
		return Sender
	case a.class != 0 && a.subject != 0:
		return a.byEnhancedCode()
	default:
		return a.byCode()
	}
}

// byCode judges an answer without an enhanced code.
func (a answer) byCode() Scope {
	switch {
	case a.code == codeBadParameters, a.phase != PhaseRecipient && a.code == codeTooLarge && !a.saysFull():
		return Message
	case a.code == codeUnrecognized, a.code > codeBadArguments && a.code < 530:
		return a.byWords(Connection)
	default:
		return a.byWords(a.usual())
	}
}

// usual returns what an answer is about that does not say so.
func (a answer) usual() Scope {
	return map[Phase]Scope{PhaseSender: Sender, PhaseRecipient: Recipient, PhaseText: Message}[a.phase]
}

// full reports whether the answer says that the mailbox is full.
func (a answer) full() bool {
	if a.class != 0 && a.subject != 0 {
		return a.subject == 2 && a.detail == 2 || a.subject == 2 && a.detail == 0 && a.saysFull()
	}
	return a.saysFull() || a.phase == PhaseRecipient && a.code == codeTooLarge
}

func (a answer) saysFull() bool { return fullMailbox.MatchString(a.words) }

var enhancedCode = regexp.MustCompile(`^\s*#?([245])\.(\d{1,3})\.(\d{1,3})\b`)

// enhanced returns the enhanced code at the start of a text.
func enhanced(text string) (class, subject, detail int) {
	found := enhancedCode.FindStringSubmatch(text)
	if found == nil {
		return 0, 0, 0
	}
	class, _ = strconv.Atoi(found[1]) // digits, few of them
	subject, _ = strconv.Atoi(found[2])
	detail, _ = strconv.Atoi(found[3])
	return class, subject, detail
}
