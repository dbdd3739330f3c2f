// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mailbox is a real SMTP server that keeps every mail it is given, for tests and for the development cluster.
//
// Mails lie in a directory, one .eml file a mail, numbered in order of arrival. A file appears whole or not at all.
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

// Options say where a Mailbox listens and keeps its mails.
type Options struct {
	// Dir holds the mails; it is created when missing, and numbering goes on after the mails that it holds already.
	Dir string
	// Addr is the TCP address to listen on; empty means a free port of the loopback interface.
	Addr string
	// TLS lets clients protect the connection by STARTTLS; nil does not offer it.
	TLS *tls.Config
	// Login checks a user name and password; mail is then accepted from whom it takes only. Nil asks nobody.
	Login func(username, password string) error
	// ErrorLog receives the errors of connections; nil drops them.
	ErrorLog *log.Logger
}

// Mailbox is an SMTP server which accepts mail to anybody and keeps it.
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

	mu       sync.Mutex
	listener net.Listener
	trouble  Trouble
}

// New prepares a mailbox; nothing listens and nothing is written before Start.
func New(options Options) *Mailbox {
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	if options.ErrorLog == nil {
		options.ErrorLog = log.New(io.Discard, "", 0)
	}
	m := &Mailbox{
		options: options, store: newStore(options.Dir), served: make(chan struct{}), stopping: make(chan struct{}),
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

// Start opens the directory and the port and returns; mails are accepted from then on.
// It fails when the directory cannot be made or read, or when the address cannot be listened on.
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
		if err := m.server.Serve(&troubled{Listener: listener, mailbox: m}); err != nil && !errors.Is(err, net.ErrClosed) {
			m.options.ErrorLog.Printf("mailbox: SMTP server stopped: %v", err)
		}
	}()
	return nil
}

// Close stops listening and drops open connections. Mails stay in the directory. Closing twice is harmless.
func (m *Mailbox) Close() error {
	m.mu.Lock()
	listener := m.listener
	m.mu.Unlock()
	if listener == nil {
		return nil
	}
	m.closing.Do(func() {
		close(m.stopping)
		// The server knows its listener only from the moment when it begins to serve, which may be yet to come.
		m.closeErr = listener.Close()
		if err := m.server.Close(); !errors.Is(err, net.ErrClosed) {
			m.closeErr = errors.Join(m.closeErr, err)
		}
	})
	<-m.served
	return m.closeErr
}

// Addr is the host:port of the SMTP server, or "" before Start.
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

// Count gives how many mails have arrived, those included that lay in the directory at the start.
func (m *Mailbox) Count() int { return m.store.count() }

// Wait returns the first mail, in order of arrival, for which match is true: one that is there already, or the one
// that arrives. It fails when ctx ends first; the error says what had arrived until then.
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
