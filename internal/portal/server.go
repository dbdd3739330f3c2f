// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

// maxHeader is the maximum size of a request's headers, in bytes.
const maxHeader = 16 << 10

// timeouts are how long the server waits for a client, so that slow clients do not hold connections forever.
type timeouts struct {
	// header and request limit how long a client takes to send a request's headers and all of it; response also includes the
	// answer.
	header, request, response time.Duration
	// idle is the time between two requests of a connection. It is longer than proxies keep connections that they do not use (60 or 90
	// seconds): if the portal were the first to close one, a request might be on its way.
	idle time.Duration
	// shutdown is how long requests in progress may take when the server is told to stop.
	shutdown time.Duration
}

var defaultTimeouts = timeouts{
	header: 5 * time.Second, request: 15 * time.Second, response: 30 * time.Second,
	idle: 2 * time.Minute, shutdown: 15 * time.Second,
}

// Server serves the portal in every replica, as a Runnable of the manager.
type Server struct {
	handler  http.Handler
	address  string
	log      logr.Logger
	timeouts timeouts
	addr     atomic.Pointer[string]
}

// NewServer checks the options and returns a server, which listens once it is started.
func NewServer(links Links, opts Options) (*Server, error) {
	if _, _, err := net.SplitHostPort(opts.Address); err != nil {
		return nil, fmt.Errorf("portal address %q must be host:port, for example :8082: %w", opts.Address, err)
	}
	if siteURL(opts.URL) == nil {
		return nil, fmt.Errorf("portal URL %q must be absolute, for example https://portal.acme.example", opts.URL)
	}
	handler := New(links, opts)
	if opts.Middleware != nil {
		handler = opts.Middleware(handler)
	}
	return &Server{handler: handler, address: opts.Address, log: opts.Log, timeouts: defaultTimeouts}, nil
}

// Start listens and serves until ctx ends, then lets the requests in progress finish. It returns an error if it cannot listen on
// the address.
func (s *Server) Start(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("portal cannot listen: %w", err)
	}
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: s.timeouts.header,
		ReadTimeout:       s.timeouts.request,
		WriteTimeout:      s.timeouts.response,
		IdleTimeout:       s.timeouts.idle,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(errorWriter{s.log}, "", 0),
	}
	address := listener.Addr().String()
	s.addr.Store(&address)
	defer s.addr.Store(nil)
	s.log.Info("Portal is listening", "address", address)

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("portal stopped serving: %w", err)
	case <-ctx.Done():
	}
	s.addr.Store(nil)
	return s.shutDown(server, served)
}

func (s *Server) shutDown(server *http.Server, served <-chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeouts.shutdown)
	defer cancel()
	err := server.Shutdown(ctx)
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("portal did not stop cleanly: %w", err)
	}
	return nil
}

// NeedLeaderElection is false: every replica serves the portal.
func (*Server) NeedLeaderElection() bool { return false }

// Ready is a health check. It returns nil while the portal accepts requests.
func (s *Server) Ready(*http.Request) error {
	if s.addr.Load() == nil {
		return errors.New("portal is not listening")
	}
	return nil
}

// Addr returns the host:port on which the portal listens, or "" while it does not.
func (s *Server) Addr() string {
	if address := s.addr.Load(); address != nil {
		return *address
	}
	return ""
}

// errorWriter logs the errors of the HTTP server.
type errorWriter struct{ log logr.Logger }

// Write logs one error.
func (w errorWriter) Write(line []byte) (int, error) {
	w.log.Info("HTTP server", "message", strings.TrimSpace(string(line)))
	return len(line), nil
}
