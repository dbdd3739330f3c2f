// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"net"
	"time"
)

// timeouts are how long the intake waits.
type timeouts struct {
	// read is for the next command or the next piece of a mail, write for the client to accept a reply.
	read, write time.Duration
	// delivery is for the delivery of a mail to all its recipients. It is less than mail servers wait for the reply, which is five
	// minutes or more.
	delivery time.Duration
	// shutdown is for mails in transit when the operator is told to stop.
	shutdown time.Duration
}

var defaultTimeouts = timeouts{
	read: 5 * time.Minute, write: time.Minute, delivery: 4 * time.Minute, shutdown: 20 * time.Second,
}

// timeoutConn is a connection whose reads and writes time out, and whose reads fail once stopping has ended.
type timeoutConn struct {
	net.Conn
	stopping    context.Context
	read, write time.Duration
}

// Read implements io.Reader.
func (c timeoutConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.read)); err != nil {
		return 0, err
	}
	// Checked only now: interrupt may have set its deadline before this one replaced it.
	if err := c.stopping.Err(); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write implements io.Writer.
func (c timeoutConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.write)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
