// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"sync"
	"time"

	"github.com/usher-operator/usher/internal/breaker"
)

// gate guards new connections. When one fails, the gate closes for a while: a server that is down, or that refuses the
// operator's password, is tried by one mail now and then, not by each mail.
type gate struct {
	now     func() time.Time
	breaker breaker.Breaker
	// trying is held while a connection is tried after a failed one.
	trying sync.Mutex
}

// gateClosedError says why no connection is tried, and until when.
type gateClosedError struct {
	cause error
	until time.Time
}

// Error returns the error of the last connection.
func (e *gateClosedError) Error() string { return e.cause.Error() }

// Unwrap returns the error of the last connection.
func (e *gateClosedError) Unwrap() error { return e.cause }

// pass calls connect if the gate is open, and records the result. After a failure, calls are made one at a time.
func (g *gate) pass(ctx context.Context, connect func(context.Context) (*connection, error)) (*connection, error) {
	if g.breaker.Failing() {
		g.trying.Lock()
		defer g.trying.Unlock()
	}
	if until, cause := g.breaker.Open(g.now()); cause != nil {
		return nil, &gateClosedError{cause: cause, until: until}
	}
	c, err := connect(ctx)
	if ctx.Err() == nil {
		g.breaker.Record(g.now(), err)
	}
	return c, err
}

// dial opens a connection, if the gate is open.
func (s *Sender) dial(ctx context.Context) (*connection, error) { return s.gate.pass(ctx, s.open) }
