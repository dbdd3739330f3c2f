// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"

	"github.com/usher-operator/usher/internal/mail/refusal"
)

// outgoing is a mail in the form that the server gets: the envelope, and the whole text with its headers.
type outgoing struct {
	// from and to are addresses in angle brackets.
	from, to string
	// utf8 is true when only a server with SMTPUTF8 (RFC 6531) can accept the mail.
	utf8 bool
	// eight is true when the mail contains non-ASCII bytes.
	eight bool
	text  []byte
	// rest follows text, unless it is nil.
	rest io.ReadSeeker
	// size is the total length in bytes; 0: it is not announced to the server.
	size int64
}

// phase is what the server refused, in the words of the error.
type phase string

const (
	phaseSender    phase = "the sender was not accepted"
	phaseRecipient phase = "the recipient was not accepted"
	phaseData      phase = "the mail was not accepted"
	phaseText      phase = "the mail was sent but not accepted"
)

// phases are the parts of the dialogue that the server refused something in.
var phases = map[phase]refusal.Phase{
	phaseSender: refusal.PhaseSender, phaseRecipient: refusal.PhaseRecipient, phaseData: refusal.PhaseText, phaseText: refusal.PhaseText,
}

// failure says why a mail was not accepted: err is a *textproto.Error if the server answered, otherwise what happened to the
// connection.
type failure struct {
	phase phase
	err   error
}

// Error returns what was refused, with the answer.
func (f *failure) Error() string {
	text := f.err.Error()
	var answer *textproto.Error
	if errors.As(f.err, &answer) {
		text = fmt.Sprintf("%d %s", answer.Code, answer.Msg)
	}
	return string(f.phase) + ": " + text
}

// Unwrap returns the answer.
func (f *failure) Unwrap() error { return f.err }

// codeOf returns the code of the server's answer in an error; 0: there was none.
func codeOf(err error) int {
	code, _ := answerOf(err)
	return code
}

// answerOf returns the server's answer in an error: its code, which is 0 if there was none, and its text.
func answerOf(err error) (int, string) {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer.Code, answer.Msg
	}
	return 0, ""
}

// codeClosing is the answer of a server that closes the connection.
const codeClosing = 421

// command is a line for the server, and the answer with which the session continues.
type command struct {
	phase  phase
	line   string
	expect int
}

// exchange sends one mail and waits for the answer. With PIPELINING (RFC 2920) the envelope takes one round trip instead of
// three, and the text one.
func (c *connection) exchange(l outgoing) error {
	answers, err := c.converse(c.envelope(l))
	if err != nil {
		return err
	}
	if refused := answers.first(); refused != nil {
		c.unclean = true
		if answers.open() {
			return errors.Join(refused, c.abandon())
		}
		return refused
	}
	return c.hand(l)
}

// envelope returns the commands before the text. The library has sent the greeting, so only a mail that was refused before can
// have left something to reset.
func (c *connection) envelope(l outgoing) []command {
	mail := "MAIL FROM:" + l.from + c.parameters(l)
	commands := []command{
		{phaseSender, mail, 250},
		{phaseRecipient, "RCPT TO:" + l.to, 25},
		{phaseData, "DATA", 354},
	}
	if c.unclean {
		commands = slices.Insert(commands, 0, command{phaseSender, "RSET", 250})
	}
	return commands
}

// answers are the server's answers to commands, in order; nil means accepted. After a refusal some may be missing.
type answers []error

// first returns the first refusal.
func (a answers) first() error {
	for _, err := range a {
		if err != nil {
			return err
		}
	}
	return nil
}

// open reports whether the server is waiting for a text although it refused something before.
func (a answers) open() bool { return a[len(a)-1] == nil }

// converse sends commands, all at once if the server supports that, and reads the answers. An error ends the connection.
func (c *connection) converse(commands []command) (answers, error) {
	group := 1
	if c.pipelining {
		group = len(commands)
	}
	var all answers
	for some := range slices.Chunk(commands, group) {
		if err := c.write(some); err != nil {
			return nil, c.lost(some[0].phase, err)
		}
		for _, command := range some {
			err := c.answer(command.phase, command.expect)
			if c.broken {
				return nil, errors.Join(all.first(), err)
			}
			all = append(all, err)
		}
		if all.first() != nil {
			return all, nil
		}
	}
	return all, nil
}

func (c *connection) write(commands []command) error {
	if err := c.session.UpdateDeadline(c.timeout); err != nil {
		return err
	}
	for _, command := range commands {
		if _, err := fmt.Fprintf(c.session.Text.W, "%s\r\n", command.line); err != nil {
			return err
		}
	}
	return c.session.Text.W.Flush()
}

// answer reads one answer.
func (c *connection) answer(asked phase, expect int) error {
	code, _, err := c.session.Text.ReadResponse(expect)
	switch {
	case err == nil:
		return nil
	case code == codeClosing || codeOf(err) == 0:
		return c.lost(asked, err)
	default:
		return &failure{asked, err}
	}
}

// lost records that the connection is no longer usable.
func (c *connection) lost(asked phase, err error) error {
	c.broken = true
	return &failure{asked, err}
}

// hand sends the text. The answer may take long: a server that checks mails does so now, and if we gave up on it here, it would
// get the mail twice.
//
// If not all of the text can be sent, its end is not sent either, because half a mail must not arrive.
func (c *connection) hand(l outgoing) error {
	writer := c.session.Text.DotWriter()
	_, err := writer.Write(l.text)
	if err == nil && l.rest != nil {
		err = c.copyRest(writer, l.rest)
	}
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		return c.lost(phaseText, err)
	}
	if err := c.session.UpdateDeadline(patience * c.timeout); err != nil {
		return c.lost(phaseText, err)
	}
	c.unclean = false
	return c.answer(phaseText, 250)
}

// abandon ends a mail that has no recipient but that the server is waiting for. Whatever it answers, nobody gets the mail.
func (c *connection) abandon() error {
	if err := c.session.Text.DotWriter().Close(); err != nil {
		return c.lost(phaseData, err)
	}
	if err := c.answer(phaseData, 250); c.broken {
		return err
	}
	return nil
}

// hungUp reports whether the server closed the connection before the text was sent, as happens when it is restarted or closes
// idle connections. The mail can then be sent over another connection.
func (c *connection) hungUp(err error) bool {
	var f *failure
	code := codeOf(err)
	return c.used && c.broken && errors.As(err, &f) && f.phase != phaseText && !isTimeout(err) &&
		(code == 0 || code == codeClosing)
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}
