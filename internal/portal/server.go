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

// maxHeader bounds the headers of a request, in bytes.
const maxHeader = 16 << 10

// patience is how long the server waits for a client, so that slow ones do not hold connections for ever.
type patience struct {
	// header and request are for the arrival of a request's headers and of all of it, response for all until the
	// answer is sent.
	header, request, response time.Duration
	// idle is between two requests of a connection.
	idle time.Duration
	// shutdown is for requests under way when the server is told to stop.
	shutdown time.Duration
}

var usualPatience = patience{
	header: 5 * time.Second, request: 15 * time.Second, response: 30 * time.Second,
	idle: 60 * time.Second, shutdown: 15 * time.Second,
}

// Server serves the portal in every replica, as a Runnable of the manager.
type Server struct {
	handler  http.Handler
	address  string
	log      logr.Logger
	patience patience
	addr     atomic.Pointer[string]
}

// NewServer checks the options; nothing listens before Start.
func NewServer(links Links, opts Options) (*Server, error) {
	if _, _, err := net.SplitHostPort(opts.Address); err != nil {
		return nil, fmt.Errorf("portal address %q must be host:port, :8082 for example: %w", opts.Address, err)
	}
	if siteURL(opts.URL) == nil {
		return nil, fmt.Errorf("portal URL %q must be absolute, https://portal.acme.example for example", opts.URL)
	}
	return &Server{handler: New(links, opts), address: opts.Address, log: opts.Log, patience: usualPatience}, nil
}

// Start listens and serves until ctx ends, then lets the requests under way finish. It fails when the address cannot be
// listened on.
func (s *Server) Start(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("portal cannot listen: %w", err)
	}
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: s.patience.header,
		ReadTimeout:       s.patience.request,
		WriteTimeout:      s.patience.response,
		IdleTimeout:       s.patience.idle,
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
	ctx, cancel := context.WithTimeout(context.Background(), s.patience.shutdown)
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

// Ready is a health check: nil while the portal takes requests.
func (s *Server) Ready(*http.Request) error {
	if s.addr.Load() == nil {
		return errors.New("portal is not listening")
	}
	return nil
}

// Addr is the host:port that the portal listens on, empty while it does not.
func (s *Server) Addr() string {
	if address := s.addr.Load(); address != nil {
		return *address
	}
	return ""
}

// errorWriter hands what the HTTP server complains about to the log.
type errorWriter struct{ log logr.Logger }

// Write logs one complaint.
func (w errorWriter) Write(line []byte) (int, error) {
	w.log.Info("HTTP server", "message", strings.TrimSpace(string(line)))
	return len(line), nil
}
