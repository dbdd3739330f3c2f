// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/usher-operator/usher/internal/mail/refusal"
)

// Passed is a mail that somebody else wrote and that is passed on unchanged.
type Passed struct {
	// NullSender sends with the null reverse path, so that nothing about the mail is ever reported back. It is for mails that
	// are reports themselves (RFC 3834). All others are sent from the Sender's own address rather than the writer's, because
	// the SPF policy of the writer's domain does not allow this server.
	NullSender bool
	// To is the bare address of the recipient.
	To string
	// Trace are header fields to put at the top, as lines that end with CRLF.
	Trace string
	// Text is the mail in wire format, without doubled dots: each line ends with CRLF, and there is no other CR or LF. It is
	// read from the start again when another connection is tried.
	Text io.ReadSeeker
	// Size is the length of Text in bytes.
	Size int64
	// EightBit is true when Text contains non-ASCII bytes, UTF8Header when its header does (RFC 6532).
	EightBit, UTF8Header bool
}

// Pass passes a mail on and returns when the server has accepted it. It changes no byte of Text. Errors are as for Send. In
// addition, a mail that needs an extension (SMTPUTF8) is refused permanently by a server without it.
func (s *Sender) Pass(ctx context.Context, m Passed) error {
	to, err := parseBareAddress(m.To)
	if err != nil {
		return permanent(refusal.Recipient, "cannot pass the mail on, the recipient's address is invalid: %v", err)
	}
	l := outgoing{
		from: "<>", to: path(to), utf8: m.UTF8Header || needsSMTPUTF8(to), eight: m.EightBit,
		text: []byte(m.Trace), rest: m.Text, size: int64(len(m.Trace)) + m.Size,
	}
	if !m.NullSender {
		l.from, l.utf8 = path(s.from), l.utf8 || needsSMTPUTF8(s.from)
	}
	return s.deliver(ctx, l)
}

// Address returns the Sender's own address, without a name.
func (s *Sender) Address() string { return s.from.Address }

// parameters returns the parameters of MAIL FROM.
func (c *connection) parameters(l outgoing) string {
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

// chunk is how many bytes are sent within one timeout.
const chunk = 256 << 10

// copyRest sends the rest of a text. It may take long over a slow connection, as long as there is progress.
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
