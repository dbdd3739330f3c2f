// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"
)

// letter is a mail as the server gets it: the envelope, and the whole text with its headers.
type letter struct {
	// from and to are addresses in angle brackets.
	from, to string
	// utf8 tells that only a server with SMTPUTF8 (RFC 6531) can take the letter.
	utf8 bool
	// eight tells that the letter has bytes beyond ASCII.
	eight bool
	text  []byte
	// rest comes after text, unless it is nil.
	rest io.ReadSeeker
	// size is the length of all in bytes; 0: the server is not told.
	size int64
}

// phase is what the server was asked when it said no, as an error's text says it.
type phase string

const (
	phaseSender    phase = "the sender was not accepted"
	phaseRecipient phase = "the recipient was not accepted"
	phaseData      phase = "the mail was not accepted"
	phaseText      phase = "the mail was sent and not accepted"
)

// failure is why a letter was not taken: a *textproto.Error when the server answered, else what happened to the
// connection.
type failure struct {
	phase phase
	err   error
}

// Error quotes the answer.
func (f *failure) Error() string {
	text := f.err.Error()
	var answer *textproto.Error
	if errors.As(f.err, &answer) {
		text = fmt.Sprintf("%d %s", answer.Code, answer.Msg)
	}
	return string(f.phase) + ": " + text
}

// Unwrap gives the answer.
func (f *failure) Unwrap() error { return f.err }

// codeOf gives the server's answer in an error; 0: there was none.
func codeOf(err error) int {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

// codeClosing is the answer of a server that ends the connection.
const codeClosing = 421

// command is a line for the server, and the answer to it that lets the conversation go on.
type command struct {
	phase  phase
	line   string
	expect int
}

// exchange hands over one letter and waits for the answer. With PIPELINING (RFC 2920) the envelope takes one round trip
// in the place of three, and the text one.
func (c *connection) exchange(l letter) error {
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

// envelope gives the commands before the text. The library has said hello, so nothing can be in the way but a mail that
// was refused before.
func (c *connection) envelope(l letter) []command {
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

// answers are what the server said to commands, in order; nil is a yes. After a no some may be missing.
type answers []error

// first gives the first no.
func (a answers) first() error {
	for _, err := range a {
		if err != nil {
			return err
		}
	}
	return nil
}

// open tells whether the server waits for a text, although it refused something before.
func (a answers) open() bool { return a[len(a)-1] == nil }

// converse sends commands, all at once if the server can take that, and reads the answers. An error ends the connection.
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

// lost notes that the connection is of no more use.
func (c *connection) lost(asked phase, err error) error {
	c.broken = true
	return &failure{asked, err}
}

// hand sends the text. The answer may take long: a server that checks a mail does so now, and one that is given up on
// here gets the mail twice.
//
// When not all of the text can be sent, the end of it is not sent either: half a mail must not arrive.
func (c *connection) hand(l letter) error {
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

// abandon ends a mail without a recipient that the server waits for; whatever it answers, nobody gets it.
func (c *connection) abandon() error {
	if err := c.session.Text.DotWriter().Close(); err != nil {
		return c.lost(phaseData, err)
	}
	if err := c.answer(phaseData, 250); c.broken {
		return err
	}
	return nil
}

// hungUp tells whether the connection was gone before the text was sent, as a server does that was restarted or closes
// what is idle: the mail can be sent over another one.
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
