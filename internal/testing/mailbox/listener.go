// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// troubledListener is a listener whose connections misbehave.
type troubledListener struct {
	net.Listener

	mailbox *Mailbox
}

// Accept returns the next connection that gets the usual greeting.
func (l *troubledListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.mailbox.connections.Add(1)
		greeting := l.mailbox.greeting.Load()
		err = l.mailbox.currentTrouble().Greeting()
		if err == nil {
			return &troubledConn{Conn: conn, mailbox: l.mailbox, greeting: greeting}, nil
		}
		answer := reply(err)
		text := answer.Message
		if code := answer.EnhancedCode; code[0] > 0 {
			text = fmt.Sprintf("%d.%d.%d %s", code[0], code[1], code[2], text)
		}
		_, _ = fmt.Fprintf(conn, "%d %s\r\n", answer.Code, text) // the client may have hung up
		_ = conn.Close()                                         // nothing more to say
	}
}

// troubledConn delays its answers and can close after one.
type troubledConn struct {
	net.Conn

	mailbox  *Mailbox
	greeting int32 // Mailbox.greeting before the connection was greeted
	last     atomic.Bool
}

// Write sends an answer after the delay, unless the server stops during the delay.
func (c *troubledConn) Write(answer []byte) (int, error) {
	if delay := c.mailbox.currentTrouble().Delay(); delay > 0 {
		select {
		case <-time.After(delay):
		case <-c.mailbox.stopping:
			return 0, net.ErrClosed
		}
	}
	n, err := c.Conn.Write(answer)
	if c.last.Load() {
		_ = c.Close() // as the answer announced
	}
	return n, err
}

func (c *troubledConn) closeAfterAnswer() { c.last.Store(true) }

func (c *troubledConn) close() { _ = c.Close() } // it may be closed already
