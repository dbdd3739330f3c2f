// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

var errClosed = errors.New("the sender is closed")

// pool keeps a bounded number of connections and reuses the most recent one, so that surplus connections go idle and are
// closed.
type pool struct {
	dial        func(context.Context) (*connection, error)
	idleTimeout time.Duration
	// slots contains one token for each connection in use.
	slots chan struct{}

	mu     sync.Mutex
	idle   []*connection
	closed bool
}

func newPool(size int, idleTimeout time.Duration, dial func(context.Context) (*connection, error)) *pool {
	return &pool{dial: dial, idleTimeout: idleTimeout, slots: make(chan struct{}, size)}
}

// take returns an idle connection or a new one. While all are in use it waits, until ctx ends. Every connection taken must be
// given back.
func (p *pool) take(ctx context.Context) (*connection, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := p.reuse()
	if c == nil && err == nil {
		c, err = p.dial(ctx)
	}
	if err != nil {
		<-p.slots
		return nil, err
	}
	return c, nil
}

// reuse returns the most recently used idle connection; nil: there is none.
func (p *pool) reuse() (*connection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	if len(p.idle) == 0 {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	c := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	c.idle.Stop()
	return c, nil
}

// give returns a connection to the pool, and closes it if it is broken.
func (p *pool) give(c *connection) {
	defer func() { <-p.slots }()
	c.used = true
	p.mu.Lock()
	keep := !c.broken && !p.closed
	if keep {
		p.idle = append(p.idle, c)
		c.idle = time.AfterFunc(p.idleTimeout, func() { p.expire(c) })
	}
	p.mu.Unlock()
	if !keep {
		c.quit()
	}
}

// expire closes a connection that was not used in time.
func (p *pool) expire(c *connection) {
	p.mu.Lock()
	index := slices.Index(p.idle, c)
	if index >= 0 {
		p.idle = slices.Delete(p.idle, index, index+1)
	}
	p.mu.Unlock()
	if index >= 0 {
		c.quit()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		c.idle.Stop()
		c.quit()
	}
}
