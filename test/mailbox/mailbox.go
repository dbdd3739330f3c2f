// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mailbox is a real SMTP server that keeps every mail it is given, for tests and for the development cluster.
//
// Mails lie in a directory, one .eml file a mail, numbered in order of arrival. A file appears whole or not at all.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	maxMessageBytes = 25 << 20
	maxRecipients   = 100
	ioTimeout       = 30 * time.Second
)

// Options say where a Mailbox listens and keeps its mails.
type Options struct {
	// Dir holds the mails; it is created when missing, and numbering goes on after the mails that it holds already.
	Dir string
	// Addr is the TCP address to listen on; empty means a free port of the loopback interface.
	Addr string
	// ErrorLog receives the errors of connections; nil drops them.
	ErrorLog *log.Logger
}

// Mailbox is an SMTP server which accepts mail from anybody to anybody and keeps it.
// It is safe for concurrent use.
type Mailbox struct {
	options Options
	store   *store
	server  *smtp.Server
	served  chan struct{}

	closing  sync.Once
	closeErr error

	mu       sync.Mutex
	listener net.Listener
	fault    func(recipient string) error
}

// New prepares a mailbox; nothing listens and nothing is written before Start.
func New(options Options) *Mailbox {
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	if options.ErrorLog == nil {
		options.ErrorLog = log.New(io.Discard, "", 0)
	}
	m := &Mailbox{options: options, store: newStore(options.Dir), served: make(chan struct{})}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{mailbox: m}, nil
	}))
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
		if err := m.server.Serve(listener); err != nil && !errors.Is(err, net.ErrClosed) {
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

// SetFault makes the server ask fault about each recipient. An error refuses the recipient: an *smtp.SMTPError with its
// own code, anything else with 451 (try again later). A nil function ends the fault.
func (m *Mailbox) SetFault(fault func(recipient string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault
}

func (m *Mailbox) refusal(recipient string) error {
	m.mu.Lock()
	fault := m.fault
	m.mu.Unlock()
	if fault == nil {
		return nil
	}
	err := fault(recipient)
	var reply *smtp.SMTPError
	if err == nil || errors.As(err, &reply) {
		return err
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: err.Error()}
}

// Messages returns all mails in order of arrival.
func (m *Mailbox) Messages() ([]Message, error) {
	return m.store.messages()
}

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
