// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// compose makes the library's message; a value that cannot stand in a header is a permanent error.
func (s *Sender) compose(m Message) (*gomail.Msg, *netmail.Address, error) {
	to, err := parseBareAddress(m.To)
	if err != nil {
		return nil, nil, permanent("cannot send to %q: %v", oneLine(m.To), err)
	}
	from, err := s.sender(m)
	if err != nil {
		return nil, nil, err
	}
	id := strings.TrimSuffix(strings.TrimPrefix(m.MessageID, "<"), ">")
	if !isMessageID(id) {
		return nil, nil, permanent("Message-ID %q must be left@right in printable ASCII", oneLine(m.MessageID))
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	if m.ReplyTo != "" {
		reply, err := parseAddress(m.ReplyTo)
		if err != nil {
			return nil, nil, permanent("cannot take answers at %q: %v", oneLine(m.ReplyTo), err)
		}
		msg.ReplyToMailAddress(reply)
	}
	msg.SetMessageIDWithValue(id)
	msg.SetDateWithValue(time.Now())
	// RFC 3834: no out-of-office answer to a mail that a machine wrote.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.Subject(oneLine(m.Subject))
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, to, nil
}

func (s *Sender) sender(m Message) (*netmail.Address, error) {
	from := *s.from
	if m.From != "" {
		parsed, err := parseAddress(m.From)
		if err != nil {
			return nil, permanent("cannot send from %q: %v", oneLine(m.From), err)
		}
		from = *parsed
	}
	if name := oneLine(m.FromName); name != "" {
		from.Name = name
	}
	return &from, nil
}

// isMessageID tells whether id can stand between the angle brackets of a Message-ID header.
func isMessageID(id string) bool {
	left, right, found := strings.Cut(id, "@")
	unfit := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>@()[]\",;:`, r) }
	return found && left != "" && right != "" && !strings.ContainsFunc(left, unfit) && !strings.ContainsFunc(right, unfit)
}
