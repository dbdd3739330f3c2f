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
	// quitTimeout bounds the QUIT at the end of a session.
	quitTimeout = 2 * time.Second
	// patience is how many times longer than for any other answer the server may take to answer after a mail's text.
	patience = 4
)

// connection is one signed-in session with the mail server.
type connection struct {
	session *smtp.Client
	raw     net.Conn
	// timeout bounds each answer.
	timeout time.Duration
	// pipelining is true when the server accepts several commands at once.
	pipelining bool
	// unclean is true after a mail was refused: the server may have kept part of its envelope.
	unclean bool
	// used is true after the first mail: only then can the server have closed the connection unnoticed.
	used bool
	// broken is true when the session cannot send another mail.
	broken bool
	// idle closes the connection if it is not used in time.
	idle *time.Timer
}

// open starts a session: it connects, starts TLS and signs in. It gives up when outer ends.
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

// tlsPolicy returns what the library does after connecting. With implicit TLS, the connection is already protected by then.
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
		return nil, fmt.Errorf("cannot read the certificate authorities for the mail server: %w", err)
	}
	settings.RootCAs = x509.NewCertPool()
	if !settings.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s contains no PEM certificate", s.options.CAFile)
	}
	return settings, nil
}

// credentials returns what to sign in with; no password: no authentication. The library uses the best mechanism that the server
// offers, and over an unprotected connection none that reveals the password.
func (s *Sender) credentials() (username, password string, err error) {
	if s.options.UsernameFile == "" {
		return "", "", nil
	}
	name, errName := os.ReadFile(s.options.UsernameFile)
	secret, errSecret := os.ReadFile(s.options.PasswordFile)
	if err := errors.Join(errName, errSecret); err != nil {
		return "", "", fmt.Errorf("cannot read the credentials for the mail server: %w", err)
	}
	username, password = strings.TrimSpace(string(name)), strings.TrimRight(string(secret), "\r\n")
	if password == "" {
		return "", "", fmt.Errorf("%s is empty: it must contain the password for the mail server", s.options.PasswordFile)
	}
	return username, password, nil
}

// withhold removes the password from a server's answer, both in plain text and encoded as it is sent.
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

// send delivers one mail and records whether the session can send another.
func (c *connection) send(ctx context.Context, l outgoing) error {
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

// interrupt ends whatever the connection is waiting for.
func (c *connection) interrupt() {
	if c.raw != nil {
		_ = c.raw.Close() // the connection is being abandoned, so an error does not matter
	}
}

// quit closes the connection, with a QUIT if it still works.
func (c *connection) quit() {
	defer c.interrupt()
	if !c.broken && c.session.UpdateDeadline(quitTimeout) == nil {
		_ = c.session.Quit() // every mail has been answered, so nothing depends on it
	}
}
