// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"sync"
	"time"

	"github.com/usher-operator/usher/internal/breaker"
)

// gate stands before new connections. When one fails, it closes for a while: a server that is down, or refuses the
// operator's password, is tried by one mail now and then, and not by each.
type gate struct {
	now     func() time.Time
	breaker breaker.Breaker
	// trying is held while a connection is tried after one that failed.
	trying sync.Mutex
}

// gateClosedError says why nobody connects, and until when.
type gateClosedError struct {
	cause error
	until time.Time
}

// Error is what the last connection failed with.
func (e *gateClosedError) Error() string { return e.cause.Error() }

// Unwrap gives what the last connection failed with.
func (e *gateClosedError) Unwrap() error { return e.cause }

// pass lets connect go when the gate is open, and records how it went. After a failure one goes at a time.
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

// dial opens a connection, if the gate lets it.
func (s *Sender) dial(ctx context.Context) (*connection, error) { return s.gate.pass(ctx, s.open) }
