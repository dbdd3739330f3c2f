// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"time"

	"github.com/usher-operator/usher/internal/mail/refusal"
)

// TLSMode is how the connection to the mail server is protected.
type TLSMode string

const (
	// TLSNone sends in the clear, for a mail server on the same host only.
	TLSNone TLSMode = "None"
	// TLSStartTLS requires STARTTLS (RFC 3207); a server that does not offer it gets no mail.
	TLSStartTLS TLSMode = "StartTLS"
	// TLSImplicit uses TLS from the first byte (RFC 8314).
	TLSImplicit TLSMode = "TLS"
)

const (
	defaultTimeout = 30 * time.Second
	defaultIdle    = 15 * time.Second
)

// DefaultConnections is the default maximum of simultaneous connections: few enough for any mail server.
const DefaultConnections = 2

// Options say how to reach the mail server.
type Options struct {
	// Address is the host:port of the server.
	Address string
	// TLS is how the connection is protected; empty: TLSStartTLS.
	TLS TLSMode
	// ServerName is the name that the server's certificate must contain; empty: the host of Address.
	ServerName string
	// CAFile is a PEM file with the authorities to trust; empty: the system's.
	CAFile string
	// UsernameFile and PasswordFile contain the credentials. They are read for each new connection, so a changed Secret needs
	// no restart. Both empty: no authentication.
	UsernameFile, PasswordFile string
	// From is the sender's address, with or without a name.
	From string
	// Timeout bounds connecting and each delivery; zero: 30 seconds.
	Timeout time.Duration
	// IdleTimeout is how long a connection stays open for the next mail; zero: 15 seconds.
	IdleTimeout time.Duration
	// Connections is the maximum number of simultaneous connections; zero: 2.
	Connections int
	// OnRefusal is called with what the server refused at each attempt that failed; nil: nobody is told.
	OnRefusal func(refusal.Scope)
}

// Sender sends mails to one mail server over a few connections that it reuses. It is safe for concurrent use.
type Sender struct {
	options Options
	host    string
	port    int
	from    *netmail.Address
	pool    *pool
	gate    gate
}

// NewSender checks the options. It does not connect before the first Send. Close closes the connections.
func NewSender(options Options) (*Sender, error) {
	s := &Sender{options: withDefaults(options)}
	host, port, err := net.SplitHostPort(options.Address)
	if err == nil && host == "" {
		err = errors.New("the host is missing")
	}
	if err == nil {
		s.port, err = strconv.Atoi(port)
	}
	if err != nil {
		return nil, fmt.Errorf("mail server %q must be host:port, for example smtp.acme.example:587: %w", options.Address, err)
	}
	s.host = host
	if s.from, err = parseAddress(options.From); err != nil {
		return nil, fmt.Errorf("sender's address %q: %w", options.From, err)
	}
	switch s.options.TLS {
	case TLSNone, TLSStartTLS, TLSImplicit:
	default:
		return nil, fmt.Errorf("mail TLS mode %q is not one of %s, %s, %s", options.TLS, TLSNone, TLSStartTLS, TLSImplicit)
	}
	if (options.UsernameFile == "") != (options.PasswordFile == "") {
		return nil, errors.New("authentication to the mail server needs both a user name file and a password file: set both or neither")
	}
	s.pool = newPool(s.options.Connections, s.options.IdleTimeout, s.dial)
	s.gate.now = time.Now
	return s, nil
}

func withDefaults(o Options) Options {
	if o.TLS == "" {
		o.TLS = TLSStartTLS
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.IdleTimeout <= 0 {
		o.IdleTimeout = defaultIdle
	}
	if o.Connections <= 0 {
		o.Connections = DefaultConnections
	}
	return o
}

// Send delivers one mail and returns when the server has accepted it. It gives up when ctx ends.
//
// While the server cannot be reached, most mails are not tried, so that thousands of mails cause only a few connections. Their
// error says when to try again (NotTried).
//
// An error says what the server refused (ScopeOf). It is permanent (IsPermanent) when the server's answer, or the address itself,
// means that the same mail can never arrive. After any other error the mail may be sent again. It may have arrived already; the
// receiver can tell by its Message-ID.
func (s *Sender) Send(ctx context.Context, m Message) error {
	l, err := s.compose(m)
	if err != nil {
		return err
	}
	return s.deliver(ctx, l)
}

// deliver sends a mail, over another connection if the server has closed the one that was open.
func (s *Sender) deliver(ctx context.Context, l outgoing) error {
	for {
		c, err := s.pool.take(ctx)
		if err != nil {
			return s.note(ctx, s.unreachable(err))
		}
		if l.utf8 && !c.offers("SMTPUTF8") {
			s.pool.give(c)
			if l.rest != nil {
				return permanent(refusal.Message, "the mail has non-ASCII letters in its header or an address, which mail server %s "+
					"does not accept (SMTPUTF8)", s.options.Address)
			}
			return permanent(refusal.Recipient, "the address %s has non-ASCII letters before the @, which mail server %s does not accept "+
				"(SMTPUTF8): use another address", l.to, s.options.Address)
		}
		err = c.send(ctx, l)
		again := c.hungUp(err)
		s.pool.give(c)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return temporary(s.options.Address, ctx.Err())
		case !again:
			return s.note(ctx, deliveryError(s.options.Address, err))
		}
	}
}

// note reports a refusal. A mail that was not tried was not refused.
func (s *Sender) note(ctx context.Context, err *DeliveryError) *DeliveryError {
	if s.options.OnRefusal != nil && err.RetryAt.IsZero() && ctx.Err() == nil {
		s.options.OnRefusal(err.Scope)
	}
	return err
}

// unreachable returns the error of a mail for which there was no connection.
func (s *Sender) unreachable(err error) *DeliveryError {
	out := temporary(s.options.Address, err)
	var closed *gateClosedError
	if errors.As(err, &closed) {
		out.RetryAt = closed.until
	}
	return out
}

// Connections returns the maximum number of connections, which is also how many mails can be sent at the same time.
func (s *Sender) Connections() int { return s.options.Connections }

// Close closes idle connections at once, and those in use after their mail. Sending fails afterwards.
func (s *Sender) Close() { s.pool.close() }
