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
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

// Server takes mails in, in every replica, as a Runnable of the manager.
type Server struct {
	desk     *desk
	memory   *memory
	network  string
	address  string
	log      logr.Logger
	patience patience

	addr atomic.Pointer[string]
	// slots holds one token a connection.
	slots chan struct{}

	mu       sync.Mutex
	sessions map[*session]bool
	running  sync.WaitGroup
}

// NewServer checks the options; nothing listens before Start.
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
	d := newDesk(directory, relay, o)
	return &Server{
		desk: d, memory: &memory{limit: d.limits.Memory + firstChunk + laterChunk}, network: network, address: address, log: o.Log,
		patience: usualPatience, slots: make(chan struct{}, d.limits.Connections), sessions: map[*session]bool{},
	}, nil
}

// ParseAddress reads where to listen: host:port, or unix:/path.
func ParseAddress(address string) (network, where string, err error) {
	if path, is := strings.CutPrefix(address, "unix:"); is {
		if !strings.HasPrefix(path, "/") {
			return "", "", fmt.Errorf("intake address %q must name an absolute path, unix:/run/usher/lmtp for example", address)
		}
		return "unix", path, nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", "", fmt.Errorf("intake address %q must be host:port or unix:/path, 127.0.0.1:2424 for example", address)
	}
	return "tcp", address, nil
}

// Start listens and serves until ctx ends, then lets the mails under way finish. It fails when the address cannot be
// listened on.
func (s *Server) Start(ctx context.Context) error {
	if err := s.clearSocket(ctx); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, s.network, s.address)
	if err != nil {
		return fmt.Errorf("intake cannot listen: %w", err)
	}
	if s.network == "unix" {
		// The mail server in front runs as somebody else; the directory says who gets here.
		if err := os.Chmod(s.address, 0o666); err != nil { //nolint:gosec // G302: nobody can write into a socket's file
			return errors.Join(fmt.Errorf("intake cannot listen: %w", err), listener.Close())
		}
	}
	address := listener.Addr().String()
	s.addr.Store(&address)
	s.log.Info("Intake is listening", "address", address)
	stop := context.AfterFunc(ctx, func() {
		s.addr.Store(nil)
		_ = listener.Close() // accept ends with an error either way
	})
	defer stop()
	err = s.accept(ctx, listener)
	s.addr.Store(nil)
	if ctx.Err() == nil {
		return errors.Join(fmt.Errorf("intake stopped listening: %w", err), listener.Close())
	}
	return s.shutDown()
}

// clearSocket removes the socket that a killed operator left. One that somebody listens on stays.
func (s *Server) clearSocket(ctx context.Context) error {
	if s.network != "unix" {
		return nil
	}
	info, err := os.Lstat(s.address)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("intake cannot listen: %w", err)
	case info.Mode().Type() != os.ModeSocket:
		return fmt.Errorf("intake cannot listen: %s is there and no socket: remove it, or set another --intake-address", s.address)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, s.network, s.address)
	if err == nil {
		_ = conn.Close() // nothing was said
		return fmt.Errorf("intake cannot listen: another process listens on %s: set another --intake-address", s.address)
	}
	return os.Remove(s.address)
}

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

// admit serves a client, if there is room for one more.
func (s *Server) admit(ctx context.Context, conn net.Conn) {
	waiting := patient{conn, ctx, s.patience.line, s.patience.answer}
	select {
	case s.slots <- struct{}{}:
	default:
		s.running.Go(func() {
			_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = io.WriteString(conn, tooManyClients.String()+"\r\n") // whoever does not hear it finds the line closed
			_ = conn.Close()
		})
		return
	}
	one := &session{
		desk: s.desk, memory: s.memory, patience: s.patience, conn: conn, stopping: ctx,
		in: bufio.NewReaderSize(waiting, 32<<10), out: bufio.NewWriter(waiting), client: clientOf(conn),
	}
	s.mu.Lock()
	s.sessions[one] = true
	s.mu.Unlock()
	connectionsNow.Inc()
	s.running.Go(func() {
		defer func() {
			if problem := recover(); problem != nil {
				s.log.Error(fmt.Errorf("panic: %v", problem), "A mail could not be handled", "stack", string(debug.Stack()))
				one.answer(internalMistake)
				_ = one.out.Flush() // the client hears nothing: it tries again
			}
			s.mu.Lock()
			delete(s.sessions, one)
			s.mu.Unlock()
			_ = conn.Close() // all was answered
			connectionsNow.Dec()
			<-s.slots
		}()
		stop := context.AfterFunc(ctx, one.wake)
		defer stop()
		one.serve()
	})
}

// wake lets a session that waits for a command, or for more of a mail, find out that the listener shuts down.
func (s *session) wake() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) } // a connection that is gone needs no waking

func clientOf(conn net.Conn) netip.Addr {
	address, _ := netip.ParseAddrPort(conn.RemoteAddr().String()) // a socket has none
	return address.Addr().Unmap()
}

// shutDown waits for the mails that are being passed on, then hangs up.
func (s *Server) shutDown() error {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(s.patience.shutdown):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.sessions {
		_ = one.conn.Close() // the client tries again
	}
	return fmt.Errorf("intake did not stop cleanly: %d mails were under way and come again", len(s.sessions))
}

// NeedLeaderElection is false: every replica takes mails in.
func (*Server) NeedLeaderElection() bool { return false }

// Ready is a health check: nil while mails are taken in.
func (s *Server) Ready(*http.Request) error {
	if s.addr.Load() == nil {
		return errors.New("intake is not listening")
	}
	return nil
}

// Addr is the host:port or the path that mails are taken in at, empty while they are not.
func (s *Server) Addr() string {
	if address := s.addr.Load(); address != nil {
		return *address
	}
	return ""
}
