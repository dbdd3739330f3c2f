// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"io"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// kind is what a mail is, by its envelope and header.
type kind string

const (
	// person is a mail that somebody wrote: the writer becomes an account.
	person kind = "Person"
	// report is a bounce or a receipt: passed on with the null sender, so that nothing is reported about it.
	report kind = "Report"
	// automatic is an answer or a notice of a program (RFC 3834).
	automatic kind = "Automatic"
	// bulk is a mail of a mailing list or to many.
	bulk kind = "Bulk"
	// nobody is a mail that says nowhere which one person wrote it.
	nobody kind = "Nobody"
)

// loopField is the field, in small letters, that each mail gets on its way through an intake, with the intake's address.
const loopField = "usher-intake"

// maxHops is how many Received fields a mail has that does not go round (RFC 5321, 6.3 demands at least 100).
const maxHops = 100

// verdict is what becomes of a mail. Whatever it is, it passes on: a list or a program may forward what a person wrote.
type verdict struct {
	kind kind
	// writer is the address that becomes an account; empty: none does.
	writer string
	// sender is the address that limits count by; empty: the null sender.
	sender string
	// null tells that the mail passes on with the null sender.
	null bool
}

// classify judges a mail by its header and its envelope's sender (empty: the null sender). Nothing is answered by Usher, and
// no account comes from what a program wrote.
func classify(h *header, sender string) verdict {
	from := writerOf(h)
	v := verdict{sender: from}
	if from == "" || sender == "" {
		v.sender = validOr(sender)
	}
	switch {
	case sender == "" || h.isReport():
		v.kind, v.null = report, true
	case h.isAutomatic() || isProgram(from) || isProgram(sender):
		v.kind = automatic
	case h.isBulk() || isList(sender) || isList(from):
		v.kind = bulk
	case v.sender == "":
		v.kind = nobody
	default:
		v.kind, v.writer = person, v.sender
	}
	return v
}

// writerOf gives the one address of the one From field; empty: there is none that can be an account. What looks like an
// address in a name, encoded or not, does not count.
func writerOf(h *header) string {
	values := h.fields["from"]
	if len(values) != 1 {
		return ""
	}
	// Old programs write names in other character sets as they are: a name that cannot be read hides no address.
	readable := strings.ToValidUTF8(values[0], string(utf8.RuneError))
	parsed, err := fromParser.Parse(readable)
	if err != nil || strings.ContainsRune(parsed.Address, utf8.RuneError) {
		return ""
	}
	return validOr(parsed.Address)
}

// fromParser takes names in whatever character set: they are not used.
var fromParser = netmail.AddressParser{WordDecoder: &mime.WordDecoder{
	CharsetReader: func(string, io.Reader) (io.Reader, error) { return strings.NewReader("?"), nil },
}}

// validOr gives an address that can be an account's, else nothing.
func validOr(address string) string {
	if !emailaddr.Valid(address) || strings.ContainsFunc(address, unicode.IsControl) {
		return ""
	}
	return address
}

// isReport: delivery reports and receipts (RFC 3462, RFC 8098).
func (h *header) isReport() bool {
	return h.any("content-type", func(value string) bool {
		return slices.Contains([]string{"multipart/report", "message/delivery-status", "message/disposition-notification"}, keyword(value))
	})
}

// isAutomatic: RFC 3834 and what was used before it.
func (h *header) isAutomatic() bool {
	return h.any("auto-submitted", func(value string) bool { return keyword(value) != "no" }) ||
		h.any("x-auto-response-suppress", func(value string) bool { return keyword(value) != "none" }) ||
		h.any("precedence", func(value string) bool { return keyword(value) == "auto_reply" }) ||
		len(h.fields["x-autoreply"])+len(h.fields["x-autorespond"])+len(h.fields["x-autoresponse"]) > 0
}

// isBulk: mailing lists (RFC 2369, RFC 2919) and what programs send to many.
func (h *header) isBulk() bool {
	for name := range h.fields {
		if strings.HasPrefix(name, "list-") {
			return true
		}
	}
	return h.any("precedence", func(value string) bool {
		return slices.Contains([]string{"bulk", "list", "junk"}, keyword(value))
	})
}

func (h *header) any(name string, is func(string) bool) bool {
	return slices.ContainsFunc(h.fields[name], is)
}

// looped tells whether the mail went through an intake before.
func (h *header) looped(intake string) bool {
	token := loopToken(intake)
	return h.any(loopField, func(value string) bool { return strings.EqualFold(value, token) })
}

// keyword gives the first word of a value in small letters, without parameters or comments.
func keyword(value string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(value)), ";")
	word, _, _ = strings.Cut(word, "(")
	word, _, _ = strings.Cut(word, ",")
	return strings.TrimSpace(word)
}

// isProgram tells by the local part that nobody reads answers to an address.
func isProgram(address string) bool {
	local := localPart(address)
	plain := strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	return slices.Contains([]string{"mailerdaemon", "postmaster", "noreply", "donotreply", "autoreply", "bounce", "bounces"}, plain) ||
		strings.HasPrefix(local, "noreply+") || strings.HasPrefix(local, "no-reply+")
}

// isList tells a mailing list's own addresses (RFC 3834, 2).
func isList(address string) bool {
	local := localPart(address)
	return strings.HasPrefix(local, "owner-") || strings.HasSuffix(local, "-request") || strings.HasSuffix(local, "-owner")
}

func localPart(address string) string {
	at := strings.LastIndexByte(address, '@')
	return strings.ToLower(address[:max(at, 0)])
}
