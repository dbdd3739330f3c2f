// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

// Server receives mails in every replica, as a Runnable of the manager.
type Server struct {
	agent    *agent
	memory   *memory
	network  string
	address  string
	log      logr.Logger
	timeouts timeouts

	addr atomic.Pointer[string]
	// slots contains one token per connection.
	slots chan struct{}

	mu       sync.Mutex
	sessions map[*session]bool
	running  sync.WaitGroup
}

// NewServer checks the options and returns a server, which listens once it is started.
func NewServer(directory Directory, relay Relay, o Options) (*Server, error) {
	network, address, err := ParseAddress(o.Address)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Hostname == "" {
		o.Hostname = "localhost"
	}
	a, limits := newAgent(directory, relay, o), o.Limits.Load().withDefaults()
	return &Server{
		agent: a, memory: &memory{limit: limits.Memory + firstChunk + laterChunk}, network: network, address: address, log: o.Log,
		timeouts: defaultTimeouts, slots: make(chan struct{}, limits.Connections), sessions: map[*session]bool{},
	}, nil
}

// Start listens and serves until ctx ends, then lets the mails in transit finish. It returns an error if it cannot listen on the
// address.
func (s *Server) Start(ctx context.Context) error {
	if err := s.clearSocket(ctx); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, s.network, s.address)
	if err != nil {
		return fmt.Errorf("intake cannot listen: %w", err)
	}
	if s.network == "unix" {
		// The mail server in front runs as another user. Access is controlled by the permissions of the directory.
		if err := os.Chmod(s.address, 0o666); err != nil { //nolint:gosec // G302: the file of a socket cannot be written to
			return errors.Join(fmt.Errorf("intake cannot listen: %w", err), listener.Close())
		}
	}
	address := listener.Addr().String()
	s.addr.Store(&address)
	s.log.Info("Intake is listening", "address", address)
	stop := context.AfterFunc(ctx, func() {
		s.addr.Store(nil)
		_ = listener.Close() // accept returns an error either way
	})
	defer stop()
	err = s.accept(ctx, listener)
	s.addr.Store(nil)
	if ctx.Err() == nil {
		return errors.Join(fmt.Errorf("intake stopped listening: %w", err), listener.Close())
	}
	return s.shutDown()
}

// accept accepts connections until the listener is closed.
func (s *Server) accept(ctx context.Context, listener net.Listener) error {
	for pause := time.Duration(0); ; {
		conn, err := listener.Accept()
		var temporary interface{ Temporary() bool }
		switch {
		case err == nil:
			pause = 0
			s.admit(ctx, conn)
		case ctx.Err() == nil && errors.As(err, &temporary) && temporary.Temporary():
			// Too many open files, for example.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		default:
			return err
		}
	}
}

// admit serves a client, unless there are too many.
func (s *Server) admit(ctx context.Context, conn net.Conn) {
	limited := timeoutConn{conn, ctx, s.timeouts.read, s.timeouts.write}
	select {
	case s.slots <- struct{}{}:
	default:
		s.running.Go(func() {
			_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = io.WriteString(conn, tooManyConnections.String()+"\r\n") // the connection is closed either way
			_ = conn.Close()
		})
		return
	}
	one := &session{
		agent: s.agent, memory: s.memory, timeouts: s.timeouts, conn: conn, stopping: ctx,
		in: bufio.NewReaderSize(limited, 32<<10), out: bufio.NewWriter(limited), client: clientOf(conn),
	}
	s.mu.Lock()
	s.sessions[one] = true
	s.mu.Unlock()
	connectionsNow.Inc()
	s.running.Go(func() {
		defer func() {
			if problem := recover(); problem != nil {
				s.log.Error(fmt.Errorf("panic: %v", problem), "cannot handle a mail", "stack", string(debug.Stack()))
				one.reply(internalError)
				_ = one.out.Flush() // without a reply the client tries again as well
			}
			s.mu.Lock()
			delete(s.sessions, one)
			s.mu.Unlock()
			_ = conn.Close() // every reply was sent
			connectionsNow.Dec()
			<-s.slots
		}()
		stop := context.AfterFunc(ctx, one.interrupt)
		defer stop()
		one.serve()
	})
}

// interrupt ends the wait of a session for a command or for more of a mail, so that it notices that the server shuts down.
func (s *session) interrupt() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) } // fails only if the connection is closed

func clientOf(conn net.Conn) netip.Addr {
	address, _ := netip.ParseAddrPort(conn.RemoteAddr().String()) // a Unix socket has none
	return address.Addr().Unmap()
}

// shutDown waits for the mails in transit, then closes the connections.
func (s *Server) shutDown() error {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(s.timeouts.shutdown):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.sessions {
		_ = one.conn.Close() // the client tries again
	}
	return fmt.Errorf("intake did not stop cleanly: %d mails were in transit and will be sent again", len(s.sessions))
}

// NeedLeaderElection is false: every replica receives mails.
func (*Server) NeedLeaderElection() bool { return false }

// Ready is a health check. It returns nil while the intake listens.
func (s *Server) Ready(*http.Request) error {
	if s.addr.Load() == nil {
		return errors.New("intake is not listening")
	}
	return nil
}

// Addr returns the host:port or path on which the intake listens, or "" while it does not.
func (s *Server) Addr() string {
	if address := s.addr.Load(); address != nil {
		return *address
	}
	return ""
}
