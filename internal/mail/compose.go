// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/usher-operator/usher/internal/locale"
	"github.com/usher-operator/usher/internal/mail/refusal"
)

// compose writes a mail in the form that the server gets. A value that does not fit in a header is a permanent error.
func (s *Sender) compose(m Message) (outgoing, error) {
	to, err := parseBareAddress(m.To)
	if err != nil {
		return outgoing{}, permanent(refusal.Recipient, "cannot send to %q: %v", locale.OneLine(m.To), err)
	}
	from, err := s.sender(m)
	if err != nil {
		return outgoing{}, err
	}
	id, err := messageID(m.MessageID)
	if err != nil {
		return outgoing{}, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	utf8 := needsSMTPUTF8(from) || needsSMTPUTF8(to)
	if m.ReplyTo != "" {
		reply, err := parseAddress(m.ReplyTo)
		if err != nil {
			return outgoing{}, permanent(refusal.Message, "cannot set Reply-To %q: %v", locale.OneLine(m.ReplyTo), err)
		}
		msg.ReplyToMailAddress(reply)
		utf8 = utf8 || needsSMTPUTF8(reply)
	}
	msg.SetMessageIDWithValue(id)
	if m.InReplyTo != "" {
		before, err := messageID(m.InReplyTo)
		if err != nil {
			return outgoing{}, err
		}
		msg.SetGenHeader("In-Reply-To", "<"+before+">")
		msg.SetGenHeader("References", "<"+before+">")
	}
	msg.SetDateWithValue(time.Now())
	if !m.Personal {
		// RFC 3834: no out-of-office replies to a mail that a machine wrote.
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
		// Exchange does not implement RFC 3834. No List-Unsubscribe: this is not a list, and people can decline on the page.
		msg.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	}
	if m.Language != "" {
		msg.SetGenHeader("Content-Language", m.Language)
	}
	msg.Subject(inHeader(m.Subject))
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	for _, a := range m.Attachments {
		err := msg.AttachReader(inHeader(a.Name), bytes.NewReader(a.Content), gomail.WithFileContentType(gomail.ContentType(a.Type)))
		if err != nil {
			return outgoing{}, permanent(refusal.Message, "cannot attach %s: %v", a.Name, err)
		}
	}
	var text bytes.Buffer
	if _, err := msg.WriteTo(&text); err != nil {
		return outgoing{}, permanent(refusal.Message, "cannot write the mail: %v", err)
	}
	return outgoing{from: path(from), to: path(to), utf8: utf8, text: text.Bytes()}, nil
}

// path returns an address in the form of the envelope.
func path(address *netmail.Address) string {
	return (&netmail.Address{Address: address.Address}).String()
}

func (s *Sender) sender(m Message) (*netmail.Address, error) {
	from := *s.from
	if m.From != "" {
		parsed, err := parseAddress(m.From)
		if err != nil {
			return nil, permanent(refusal.Message, "cannot send from %q: %v", locale.OneLine(m.From), err)
		}
		from = *parsed
	}
	// Mail clients show only the name, so it must not look like an address.
	if name := strings.ReplaceAll(inHeader(m.FromName), "@", " at "); name != "" {
		from.Name = name
	}
	return &from, nil
}

// inHeader makes a text safe for a header. Mail clients would decode a text that looks like an encoded word, and show what it
// hides.
func inHeader(s string) string { return strings.ReplaceAll(locale.OneLine(s), "=?", "= ?") }

// messageID returns a Message-ID without its angle brackets.
func messageID(s string) (string, error) {
	id := strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
	if !isMessageID(id) {
		return "", permanent(refusal.Message, "Message-ID %q must be left@right in printable ASCII", locale.OneLine(s))
	}
	return id, nil
}

// isMessageID reports whether id is valid between the angle brackets of a Message-ID header.
func isMessageID(id string) bool {
	left, right, found := strings.Cut(id, "@")
	unfit := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>@()[]\",;:`, r) }
	return found && left != "" && right != "" && !strings.ContainsFunc(left, unfit) && !strings.ContainsFunc(right, unfit)
}
