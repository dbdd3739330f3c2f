// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package keepalive serves clients that keep their HTTP/1.1 connections open, and ends so that none of them loses a request.
//
// HTTP/1.1 has no way to take leave of a client that does not ask for anything. A server that closes an idle connection may do so at the
// moment at which the next request is on its way. The client cannot know whether the request was handled, and may send it again by itself
// only if that does no harm. An API server's requests to webhooks are POSTs, which do not count as harmless: it refuses the change.
//
// So the server does not close idle connections. It answers on them, unasked: 503, try again, this connection ends. A client that waits
// for nothing must not take that for an answer and closes the connection (RFC 9112, section 9.2). A client whose request is on its way does
// take it for the answer, and an API server then sends the request again after Retry-After, over another connection. The server leaves
// such a request alone. This holds for every client that tries again after a 503 with Retry-After, as all of client-go do.
package keepalive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	// retryAfter is in how many seconds a client tries again. By then, it has noticed the end of every idle connection of this server, so
	// that the next attempt takes another one.
	retryAfter = "1"
	// farewell is what a client is told that waits for nothing, or whose request is on its way.
	//
	// The status must not be 408, although that is made for idle connections: client-go does not try again after it, and to net/http it
	// means the same as a closed connection.
	farewell = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: " + retryAfter + "\r\nContent-Length: 0\r\n\r\n"
)

// Serve serves until ctx ends. Then it stops listening, takes leave of idle clients at once and of others when they have their answer, and
// returns when all have closed their connections. It closes what is left after patience has run out, and returns an error then.
//
// The server must speak HTTP/1.1 only, and its hooks ConnState and ConnContext are overwritten.
func Serve(ctx context.Context, server *http.Server, listener net.Listener, patience time.Duration) error {
	clients := newConnections()
	server.ConnState, server.ConnContext = clients.note, clients.context
	server.Handler = unlessDismissed(server.Handler)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	// Not Shutdown: it drops requests that have been read, and closes idle connections.
	err := listener.Close()
	if failed := <-served; !errors.Is(failed, net.ErrClosed) { // no connection is accepted any more
		err = errors.Join(err, failed)
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-clients.dismiss():
	case <-timeout.C:
		err = errors.Join(err, fmt.Errorf("%d connections were still open after %s, and were closed", clients.len(), patience))
	}
	return errors.Join(err, server.Close())
}
