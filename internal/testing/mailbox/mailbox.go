// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mailbox is a real SMTP server that keeps every mail it receives, for tests and for the development cluster.
//
// It keeps the mails in a directory, one .eml file per mail, numbered in order of arrival. Files appear atomically.
package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	maxMessageBytes = 25 << 20
	maxRecipients   = 100
	ioTimeout       = 5 * time.Minute
)

// Options configure a Mailbox.
type Options struct {
	// Dir holds the mails. It is created if it does not exist; numbering continues after the mails that it already holds.
	Dir string
	// Addr is the TCP address to listen on; if empty, a free port of the loopback interface.
	Addr string
	// TLS is the configuration for STARTTLS; nil does not offer STARTTLS.
	TLS *tls.Config
	// Login checks a user name and password; only clients that pass may send mail. Nil requires no login.
	Login func(username, password string) error
	// ErrorLog receives the errors of connections; nil discards them.
	ErrorLog *log.Logger
}

// Mailbox is an SMTP server that accepts mail to any address and keeps it.
// It is safe for concurrent use.
type Mailbox struct {
	options Options
	store   *store
	server  *smtp.Server
	served  chan struct{}

	closing  sync.Once
	closeErr error
	stopping chan struct{}

	connections atomic.Int32
	// greeting is the number of troubles so far that refuse new connections.
	greeting atomic.Int32

	mu       sync.Mutex
	listener net.Listener
	trouble  Trouble
}

// New returns a mailbox that does not listen and writes nothing before Start.
func New(options Options) *Mailbox {
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	if options.ErrorLog == nil {
		options.ErrorLog = log.New(io.Discard, "", 0)
	}
	m := &Mailbox{
		options: options, store: newStore(options.Dir), served: make(chan struct{}), stopping: make(chan struct{}), trouble: None{},
	}
	m.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{mailbox: m, conn: c}, nil
	}))
	m.server.TLSConfig = options.TLS
	m.server.Domain = "localhost"
	m.server.MaxMessageBytes = maxMessageBytes
	m.server.MaxRecipients = maxRecipients
	m.server.ReadTimeout = ioTimeout
	m.server.WriteTimeout = ioTimeout
	m.server.EnableSMTPUTF8 = true
	m.server.ErrorLog = options.ErrorLog
	return m
}

// Start opens the directory and the port, and returns when the mailbox accepts mails.
// It fails if it cannot create or read the directory or listen on the address.
func (m *Mailbox) Start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listener != nil {
		return errors.New("mailbox: started already")
	}
	if err := m.store.open(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", m.options.Addr)
	if err != nil {
		return fmt.Errorf("mailbox: cannot listen for SMTP: %w", err)
	}
	m.listener = listener
	go func() {
		defer close(m.served)
		if err := m.server.Serve(&troubledListener{Listener: listener, mailbox: m}); err != nil && !errors.Is(err, net.ErrClosed) {
			m.options.ErrorLog.Printf("mailbox: SMTP server stopped: %v", err)
		}
	}()
	return nil
}

// Close stops listening and closes all connections. Mails stay in the directory. Closing twice is harmless.
func (m *Mailbox) Close() error {
	m.mu.Lock()
	listener := m.listener
	m.mu.Unlock()
	if listener == nil {
		return nil
	}
	m.closing.Do(func() {
		close(m.stopping)
		// The server does not know its listener until Serve runs, which may not have happened yet.
		m.closeErr = listener.Close()
		if err := m.server.Close(); !errors.Is(err, net.ErrClosed) {
			m.closeErr = errors.Join(m.closeErr, err)
		}
	})
	<-m.served
	return m.closeErr
}

// Addr returns the host:port of the SMTP server, or "" before Start.
func (m *Mailbox) Addr() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listener == nil {
		return ""
	}
	return m.listener.Addr().String()
}

// Messages returns all mails in order of arrival.
func (m *Mailbox) Messages() ([]Message, error) {
	return m.store.messages()
}

// Count returns the number of mails that have arrived, including those that were in the directory at the start.
func (m *Mailbox) Count() int { return m.store.count() }

// Wait returns the first mail, in order of arrival, for which match is true. It waits for that mail if none of those that
// have arrived matches. It fails if ctx ends first; the error says what had arrived by then.
func (m *Mailbox) Wait(ctx context.Context, match func(Message) bool) (Message, error) {
	seen := 0
	for {
		arrival := m.store.arrival()
		messages, err := m.store.messages()
		if err != nil {
			return Message{}, err
		}
		for _, message := range messages[min(seen, len(messages)):] {
			if match(message) {
				return message, nil
			}
		}
		seen = len(messages)
		select {
		case <-arrival:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("mailbox: none of %d mails is the awaited one%s: %w",
				len(messages), summary(messages), ctx.Err())
		}
	}
}
