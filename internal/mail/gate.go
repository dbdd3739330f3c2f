// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"sync"
	"time"
)

const (
	// firstHold is for how long nobody connects after the first connection that failed; it doubles up to mostHold.
	firstHold = time.Second
	mostHold  = time.Minute
)

// gate stands before new connections. When one fails, it closes for a while: a server that is down, or refuses the
// operator's password, is tried by one mail now and then, and not by each.
type gate struct {
	now func() time.Time
	// trying is held while a connection is tried after one that failed.
	trying sync.Mutex

	mu       sync.Mutex
	failures int
	until    time.Time
	cause    error
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

// pass lets connect go when the gate is open, and notes how it went. After a failure one goes at a time.
func (g *gate) pass(ctx context.Context, connect func(context.Context) (*connection, error)) (*connection, error) {
	if g.failing() {
		g.trying.Lock()
		defer g.trying.Unlock()
	}
	if err := g.closed(); err != nil {
		return nil, err
	}
	c, err := connect(ctx)
	if ctx.Err() == nil {
		g.note(err)
	}
	return c, err
}

func (g *gate) failing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failures > 0
}

func (g *gate) closed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		return &gateClosedError{cause: g.cause, until: g.until}
	}
	return nil
}

// note opens the gate after a connection, and closes it after a failure. Of several that failed together, one counts.
func (g *gate) note(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.failures, g.until, g.cause = 0, time.Time{}, nil
		return
	}
	g.cause = err
	if g.now().Before(g.until) {
		return
	}
	hold := mostHold
	if g.failures < 6 {
		hold = firstHold << g.failures
	}
	g.failures++
	g.until = g.now().Add(hold)
}

// dial opens a connection, if the gate lets it.
func (s *Sender) dial(ctx context.Context) (*connection, error) { return s.gate.pass(ctx, s.open) }
