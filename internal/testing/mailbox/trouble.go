// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// Trouble is how a mail server misbehaves; the zero value behaves.
//
// The functions' errors are the server's answers: an *smtp.SMTPError with its own code, anything else with 451 (try again
// later). After an answer of 421 the server closes the connection.
type Trouble struct {
	// Greeting takes the place of the greeting; nil lets the client in.
	Greeting func() error
	// Recipient is asked about each recipient; nil takes all.
	Recipient func(recipient string) error
	// Text is asked about each mail, by its recipients, when its text is about to come; nil takes all.
	Text func(recipients []string) Fate
	// Delay is how long each answer takes.
	Delay time.Duration
}

// Fate is what becomes of a mail.
type Fate struct {
	// Refuse is the answer to the mail; nil takes it.
	Refuse error
	// CutAfter closes the connection when so many bytes of the text have come, and keeps nothing of it; 0 does not.
	CutAfter int64
	// KeepAndCut keeps the mail and closes the connection without an answer.
	KeepAndCut bool
}

// SetTrouble makes the server misbehave, from the next command on, also over connections that stand.
func (m *Mailbox) SetTrouble(trouble Trouble) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trouble = trouble
}

// SetFault makes the server ask fault about each recipient, as Trouble.Recipient, and behave otherwise. A nil function
// ends the fault.
func (m *Mailbox) SetFault(fault func(recipient string) error) {
	m.SetTrouble(Trouble{Recipient: fault})
}

// Connections counts the connections made so far.
func (m *Mailbox) Connections() int { return int(m.connections.Load()) }

func (m *Mailbox) currentTrouble() Trouble {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.trouble
}

// reply makes any error an answer.
func reply(err error) *smtp.SMTPError {
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		return answer
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: err.Error()}
}

// troubled is a listener whose connections misbehave.
type troubled struct {
	net.Listener
	mailbox *Mailbox
}

// Accept gives the next connection that is greeted as usual.
func (l *troubled) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.mailbox.connections.Add(1)
		greeting := l.mailbox.currentTrouble().Greeting
		if greeting == nil {
			return &slowConn{Conn: conn, mailbox: l.mailbox}, nil
		}
		if err := greeting(); err != nil {
			answer := reply(err)
			_, _ = fmt.Fprintf(conn, "%d %s\r\n", answer.Code, answer.Message) // the client may be gone
			_ = conn.Close()                                                   // nothing more is said
			continue
		}
		return &slowConn{Conn: conn, mailbox: l.mailbox}, nil
	}
}

// slowConn answers after the delay, and can end with an answer.
type slowConn struct {
	net.Conn
	mailbox *Mailbox
	last    atomic.Bool
}

// Write sends an answer; it gives up when the server stops meanwhile.
func (c *slowConn) Write(answer []byte) (int, error) {
	if delay := c.mailbox.currentTrouble().Delay; delay > 0 {
		select {
		case <-time.After(delay):
		case <-c.mailbox.stopping:
			return 0, net.ErrClosed
		}
	}
	n, err := c.Conn.Write(answer)
	if c.last.Load() {
		_ = c.Close() // the answer said so
	}
	return n, err
}

func (c *slowConn) endWithAnswer() { c.last.Store(true) }

func (c *slowConn) close() { _ = c.Close() } // it may have ended already
