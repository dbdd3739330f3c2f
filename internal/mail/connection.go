// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// quitTimeout bounds saying goodbye.
const quitTimeout = 2 * time.Second

// connection is one signed-in session with the mail server.
type connection struct {
	client  *gomail.Client
	session *smtp.Client
	raw     net.Conn
	// used is true after the first mail: only then can the server have hung up unnoticed.
	used bool
	// broken is true when the session cannot take another mail.
	broken bool
	// idle ends the connection when nobody takes it in time.
	idle *time.Timer
}

// dial opens a session: connects, protects and signs in. It gives up when outer ends.
func (s *Sender) dial(outer context.Context) (*connection, error) {
	settings, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	c := &connection{}
	stop := func() bool { return true }
	options := []gomail.Option{
		gomail.WithPort(s.port),
		gomail.WithTimeout(s.options.Timeout),
		gomail.WithTLSConfig(settings),
		gomail.WithTLSPolicy(tlsPolicy(s.options.TLS)),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := s.connect(ctx, network, address, settings)
			if err == nil {
				c.raw = raw
				stop = context.AfterFunc(outer, c.interrupt)
			}
			return raw, err
		}),
	}
	credentials, err := s.credentials()
	if err != nil {
		return nil, err
	}
	if c.client, err = gomail.NewClient(s.host, append(options, credentials...)...); err != nil {
		return nil, err
	}
	c.session, err = c.client.DialToSMTPClientWithContext(outer)
	if interrupted := !stop(); err == nil && interrupted {
		err = outer.Err()
	}
	if err != nil {
		c.interrupt()
		return nil, fmt.Errorf("cannot connect: %w", err)
	}
	return c, nil
}

func (s *Sender) connect(ctx context.Context, network, address string, settings *tls.Config) (net.Conn, error) {
	plain := &net.Dialer{Timeout: s.options.Timeout}
	if s.options.TLS == TLSImplicit {
		return (&tls.Dialer{NetDialer: plain, Config: settings}).DialContext(ctx, network, address)
	}
	return plain.DialContext(ctx, network, address)
}

// tlsPolicy is what the library does after connecting; an implicit TLS connection is protected by then.
func tlsPolicy(mode TLSMode) gomail.TLSPolicy {
	switch mode {
	case TLSNone:
		return gomail.NoTLS
	case TLSImplicit:
		return gomail.TLSOpportunistic
	default:
		return gomail.TLSMandatory
	}
}

func (s *Sender) tlsConfig() (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.options.ServerName}
	if settings.ServerName == "" {
		settings.ServerName = s.host
	}
	if s.options.CAFile == "" {
		return settings, nil
	}
	pem, err := os.ReadFile(s.options.CAFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the mail server's authorities: %w", err)
	}
	settings.RootCAs = x509.NewCertPool()
	if !settings.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", s.options.CAFile)
	}
	return settings, nil
}

// credentials lets the library take the best way of signing in that the server offers; over an unprotected connection
// none that shows the password.
func (s *Sender) credentials() ([]gomail.Option, error) {
	if s.options.UsernameFile == "" {
		return nil, nil
	}
	username, errUsername := os.ReadFile(s.options.UsernameFile)
	password, errPassword := os.ReadFile(s.options.PasswordFile)
	if err := errors.Join(errUsername, errPassword); err != nil {
		return nil, fmt.Errorf("cannot read the mail server's credentials: %w", err)
	}
	return []gomail.Option{
		gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
		gomail.WithUsername(strings.TrimSpace(string(username))),
		gomail.WithPassword(strings.TrimRight(string(password), "\r\n")),
	}, nil
}

// send delivers one mail and notes whether the session can take another.
func (c *connection) send(ctx context.Context, msg *gomail.Msg) error {
	stop := context.AfterFunc(ctx, c.interrupt)
	err := c.client.SendWithSMTPClient(c.session, msg)
	interrupted := !stop()
	c.broken = interrupted || (err != nil && !isRefusal(err))
	if msg.IsDelivered() {
		// The server has taken the mail, whatever happened to the connection afterwards.
		return nil
	}
	return err
}

// isRefusal tells whether the server answered the sender or the recipient with no; it waits for the next mail then.
func isRefusal(err error) bool {
	var sent *gomail.SendError
	if !errors.As(err, &sent) || sent.ErrorCode() == 421 || sent.ErrorCode() == 0 {
		return false
	}
	return sent.Reason == gomail.ErrSMTPMailFrom || sent.Reason == gomail.ErrSMTPRcptTo
}

// hungUp tells whether the connection was gone before the mail, so that nothing of the mail was sent.
func (c *connection) hungUp(err error) bool {
	var sent *gomail.SendError
	return c.used && errors.As(err, &sent) && sent.Reason == gomail.ErrConnCheck
}

func (c *connection) offers(extension string) bool {
	ok, _ := c.session.Extension(extension)
	return ok
}

// interrupt ends whatever the connection waits for.
func (c *connection) interrupt() {
	if c.raw != nil {
		_ = c.raw.Close() // the connection is given up: there is nothing to do about an error
	}
}

// quit ends the connection, politely when it works.
func (c *connection) quit() {
	defer c.interrupt()
	if !c.broken && c.session.UpdateDeadline(quitTimeout) == nil {
		_ = c.session.Quit() // every mail was answered before: nothing depends on the goodbye
	}
}
