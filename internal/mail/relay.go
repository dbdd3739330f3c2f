// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Passed is a mail that somebody else wrote and that is handed on as it is.
type Passed struct {
	// NullSender sends with the null reverse path, so that nothing about the mail is ever reported back: for mails that are
	// reports themselves (RFC 3834). All others come from the Sender's own address, and not from whoever wrote them, as the
	// policy of the writer's domain (SPF) allows other servers than this one.
	NullSender bool
	// To is the bare address of who gets the mail.
	To string
	// Trace are header fields that go on top, lines with CRLF at their end.
	Trace string
	// Text is the mail in the form of the wire, without dots doubled: each line ends with CRLF, and there is no other CR or
	// LF. It is read from the start again when another connection is tried.
	Text io.ReadSeeker
	// Size is the length of Text in bytes.
	Size int64
	// EightBit tells that Text has bytes beyond ASCII, UTF8Header that its header has (RFC 6532).
	EightBit, UTF8Header bool
}

// Pass hands a mail on and returns when the server has taken it. Not a byte of Text is changed. Errors are as those of Send;
// in addition, a mail that only a server with an extension can take (SMTPUTF8) is refused for good by one without.
func (s *Sender) Pass(ctx context.Context, m Passed) error {
	to, err := parseBareAddress(m.To)
	if err != nil {
		return permanent("cannot pass a mail on to the address: %v", err)
	}
	l := letter{
		from: "<>", to: path(to), utf8: m.UTF8Header || needsSMTPUTF8(to), eight: m.EightBit,
		text: []byte(m.Trace), rest: m.Text, size: int64(len(m.Trace)) + m.Size,
	}
	if !m.NullSender {
		l.from, l.utf8 = path(s.from), l.utf8 || needsSMTPUTF8(s.from)
	}
	return s.deliver(ctx, l)
}

// Address gives the Sender's own address, without a name.
func (s *Sender) Address() string { return s.from.Address }

// parameters are what a server wants to know with the sender.
func (c *connection) parameters(l letter) string {
	var out strings.Builder
	if l.utf8 {
		out.WriteString(" SMTPUTF8")
	}
	if l.eight && c.offers("8BITMIME") {
		out.WriteString(" BODY=8BITMIME")
	}
	if l.size > 0 && c.offers("SIZE") {
		out.WriteString(" SIZE=" + strconv.FormatInt(l.size, 10))
	}
	return out.String()
}

// chunk is how many bytes are sent within one time-out.
const chunk = 256 << 10

// copyRest sends the rest of a text. It may take long over a slow line, as long as something moves.
func (c *connection) copyRest(to io.Writer, rest io.ReadSeeker) error {
	if _, err := rest.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for {
		if err := c.session.UpdateDeadline(c.timeout); err != nil {
			return err
		}
		switch _, err := io.CopyN(to, rest, chunk); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
