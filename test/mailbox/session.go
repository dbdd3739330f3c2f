// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-smtp"
)

// session is one SMTP transaction at a time on one connection.
type session struct {
	mailbox    *Mailbox
	from       string
	recipients []string
}

var _ smtp.Session = &session{}

// Reset forgets the current transaction.
func (s *session) Reset() {
	s.from, s.recipients = "", nil
}

// Logout ends the connection.
func (s *session) Logout() error { return nil }

// Mail begins a transaction.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := plain(from); err != nil {
		return err
	}
	s.from = from
	return nil
}

// Rcpt adds a recipient, unless the fault hook refuses it.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := plain(to); err != nil {
		return err
	}
	if err := s.mailbox.refusal(to); err != nil {
		return err
	}
	s.recipients = append(s.recipients, to)
	return nil
}

// Data keeps the mail. The envelope is kept in front of it, as a delivering server does.
func (s *session) Data(r io.Reader) error {
	var mail bytes.Buffer
	fmt.Fprintf(&mail, "Return-Path: <%s>\r\n", s.from)
	for _, recipient := range s.recipients {
		fmt.Fprintf(&mail, "Delivered-To: %s\r\n", recipient)
	}
	if _, err := mail.ReadFrom(r); err != nil {
		return err
	}
	if err := s.mailbox.store.add(s.recipients, mail.Bytes()); err != nil {
		s.mailbox.options.ErrorLog.Print(err)
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "cannot keep the mail"}
	}
	return nil
}

// plain refuses an address that could write lines of its own into the envelope headers.
func plain(address string) error {
	if strings.ContainsAny(address, "\r\n\x00") {
		return &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "address has a line break"}
	}
	return nil
}
