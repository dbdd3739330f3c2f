// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package keepalive

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// connection is a client's.
type connection struct {
	// active is whether a request is being handled.
	active bool
	// dismissed is whether the client was told, or is being told, that the connection ends.
	dismissed atomic.Bool
}

// connections are those of one server.
type connections struct {
	mu      sync.Mutex
	open    map[net.Conn]*connection
	leaving bool
	// none is closed, once, when the server is leaving and no connection is open.
	none chan struct{}
	once sync.Once
}

func newConnections() *connections {
	return &connections{open: map[net.Conn]*connection{}, none: make(chan struct{})}
}

// contextKey is the key of a request's connection.
type contextKey struct{}

// context is the server's hook ConnContext.
func (c *connections) context(ctx context.Context, conn net.Conn) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := &connection{}
	c.open[conn] = one
	return context.WithValue(ctx, contextKey{}, one)
}

// note is the server's hook ConnState.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.open[conn]
	if one == nil {
		return
	}
	switch state {
	case http.StateNew:
	case http.StateActive:
		one.active = true
	case http.StateIdle:
		one.active = false
		if c.leaving {
			c.takeLeave(conn, one)
		}
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
		c.settle()
	}
}

// dismiss takes leave of the clients, and returns a channel that is closed when none is left. Nothing is accepted any more.
func (c *connections) dismiss() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
	for conn, one := range c.open {
		// A connection that was never used counts as idle: API servers keep such connections too.
		if !one.active {
			c.takeLeave(conn, one)
		}
	}
	c.settle()
	return c.none
}

// takeLeave tells a client that its connection ends. The client closes it.
func (*connections) takeLeave(conn net.Conn, one *connection) {
	if one.dismissed.Swap(true) {
		return
	}
	// It waits for a TLS handshake in progress, and ends at the latest when the server closes the connection.
	go func() { _, _ = io.WriteString(conn, farewell) }()
}

// settle closes the channel that dismiss returned, if no connection is left.
func (c *connections) settle() {
	if c.leaving && len(c.open) == 0 {
		c.once.Do(func() { close(c.none) })
	}
}

func (c *connections) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// unlessDismissed returns a handler that leaves requests alone whose clients take the farewell for the answer and send them again. It
// answers the same, because that may arrive first.
func unlessDismissed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one, ok := r.Context().Value(contextKey{}).(*connection)
		if !ok || !one.dismissed.Load() {
			next.ServeHTTP(w, r)
			return
		}
		// A connection that is closed with something unread is reset, and the client may lose the answer that it has.
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Connection", "close")
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
}
