// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	// quitTimeout bounds saying goodbye.
	quitTimeout = 2 * time.Second
	// patience is how many times longer than for any other answer the server may take for the one to a text.
	patience = 4
)

// connection is one signed-in session with the mail server.
type connection struct {
	session *smtp.Client
	raw     net.Conn
	// timeout bounds each answer.
	timeout time.Duration
	// pipelining tells that the server takes several commands at once.
	pipelining bool
	// unclean is true after a mail that was refused: the server may have kept a part of its envelope.
	unclean bool
	// used is true after the first mail: only then can the server have hung up unnoticed.
	used bool
	// broken is true when the session cannot take another mail.
	broken bool
	// idle ends the connection when nobody takes it in time.
	idle *time.Timer
}

// open begins a session: connects, protects and signs in. It gives up when outer ends.
func (s *Sender) open(outer context.Context) (*connection, error) {
	settings, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	c := &connection{timeout: s.options.Timeout}
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
	username, password, err := s.credentials()
	if err != nil {
		return nil, err
	}
	if password != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(username), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, err
	}
	c.session, err = client.DialToSMTPClientWithContext(outer)
	if interrupted := !stop(); err == nil && interrupted {
		err = outer.Err()
	}
	if err != nil {
		c.interrupt()
		return nil, fmt.Errorf("cannot connect: %w", withhold(err, username, password))
	}
	c.pipelining = c.offers("PIPELINING")
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

// credentials gives what to sign in with; no password: nothing. The library takes the best way of signing in that the
// server offers, and over an unprotected connection none that shows the password.
func (s *Sender) credentials() (username, password string, err error) {
	if s.options.UsernameFile == "" {
		return "", "", nil
	}
	name, errName := os.ReadFile(s.options.UsernameFile)
	secret, errSecret := os.ReadFile(s.options.PasswordFile)
	if err := errors.Join(errName, errSecret); err != nil {
		return "", "", fmt.Errorf("cannot read the mail server's credentials: %w", err)
	}
	username, password = strings.TrimSpace(string(name)), strings.TrimRight(string(secret), "\r\n")
	if password == "" {
		return "", "", fmt.Errorf("%s holds no password for the mail server", s.options.PasswordFile)
	}
	return username, password, nil
}

// withhold takes the password out of a server's answer, plain and as it goes over the line.
func withhold(err error, username, password string) error {
	if password == "" {
		return err
	}
	text := err.Error()
	for _, secret := range []string{
		password,
		base64.StdEncoding.EncodeToString([]byte(password)),
		base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + password)),
	} {
		text = strings.ReplaceAll(text, secret, "[…]")
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// send delivers one mail and notes whether the session can take another.
func (c *connection) send(ctx context.Context, l letter) error {
	stop := context.AfterFunc(ctx, c.interrupt)
	err := c.exchange(l)
	if interrupted := !stop(); interrupted {
		c.broken = true
	}
	return err
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
