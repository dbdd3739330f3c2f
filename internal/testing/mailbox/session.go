// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is the SMTP session of one connection: one transaction at a time.
type session struct {
	mailbox    *Mailbox
	conn       *smtp.Conn
	signedIn   bool
	from       string
	recipients []string
}

var (
	_ smtp.Session     = &session{}
	_ smtp.AuthSession = &session{}
)

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.mailbox.options.Login == nil {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if err := s.mailbox.options.Login(username, password); err != nil {
			return err
		}
		s.signedIn = true
		return nil
	}), nil
}

// Reset discards the current transaction.
func (s *session) Reset() {
	s.from, s.recipients = "", nil
}

// Logout ends the connection.
func (s *session) Logout() error { return nil }

// Mail begins a transaction, unless the trouble refuses the sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := plain(from); err != nil {
		return err
	}
	if s.mailbox.options.Login != nil && !s.signedIn {
		return smtp.ErrAuthRequired
	}
	if conn := s.troubled(); conn != nil && conn.greeting != s.mailbox.greeting.Load() {
		return s.refuse(errReconnect)
	}
	if err := s.mailbox.currentTrouble().Sender(from); err != nil {
		return s.refuse(err)
	}
	s.from = from
	return nil
}

// Rcpt adds a recipient, unless the trouble refuses it.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := plain(to); err != nil {
		return err
	}
	if err := s.mailbox.currentTrouble().Recipient(to); err != nil {
		return s.refuse(err)
	}
	s.recipients = append(s.recipients, to)
	return nil
}

// refuse returns the answer for an error. If the answer announces that the server closes the connection, it does so.
func (s *session) refuse(err error) error {
	answer := reply(err)
	if answer.Code == codeClosing {
		s.end((*troubledConn).closeAfterAnswer)
	}
	return answer
}

// codeClosing announces that the server closes the connection.
const codeClosing = 421

// errReconnect ends a connection that was greeted before a trouble that refuses connections, as a restart of the server would.
var errReconnect = &smtp.SMTPError{Code: codeClosing, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "closing the connection"}

func (s *session) cut() error {
	s.end((*troubledConn).close)
	return errCut
}

var errCut = errors.New("the connection is cut")

func (s *session) end(how func(*troubledConn)) {
	if conn := s.troubled(); conn != nil {
		how(conn)
	}
}

// troubled returns the connection below TLS; nil: the listener is not the mailbox's own.
func (s *session) troubled() *troubledConn {
	conn := s.conn.Conn()
	if protected, ok := conn.(*tls.Conn); ok {
		conn = protected.NetConn()
	}
	troubled, _ := conn.(*troubledConn)
	return troubled
}

// Data keeps the mail, unless the trouble decides otherwise. Like the final server of a delivery, it keeps the envelope in
// front of the mail.
func (s *session) Data(r io.Reader) error {
	fate := s.mailbox.currentTrouble().Text(s.recipients)
	if fate.CutAfter > 0 {
		_, _ = io.CopyN(io.Discard, r, fate.CutAfter) // or less, if there is less
		return s.cut()
	}
	var mail bytes.Buffer
	fmt.Fprintf(&mail, "Return-Path: <%s>\r\n", s.from)
	for _, recipient := range s.recipients {
		fmt.Fprintf(&mail, "Delivered-To: %s\r\n", recipient)
	}
	if _, err := mail.ReadFrom(r); err != nil {
		return err
	}
	if fate.Refuse != nil {
		return s.refuse(fate.Refuse)
	}
	if err := s.mailbox.store.add(s.recipients, mail.Bytes()); err != nil {
		s.mailbox.options.ErrorLog.Print(err)
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "cannot keep the mail"}
	}
	if fate.KeepAndCut {
		return s.cut()
	}
	return nil
}

// plain refuses an address that could inject lines into the envelope headers.
func plain(address string) error {
	if strings.ContainsAny(address, "\r\n\x00") {
		return &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "address has a line break"}
	}
	return nil
}
