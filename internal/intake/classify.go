// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"io"
	"mime"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// kind is the kind of a mail, by its envelope and header.
type kind string

const (
	// kindPerson is a mail that a person wrote: the author gets an account.
	kindPerson kind = "Person"
	// kindReport is a bounce or a receipt. It is passed on with the null sender, so that nothing is reported about it.
	kindReport kind = "Report"
	// kindAutomatic is a reply or a notification by a program (RFC 3834).
	kindAutomatic kind = "Automatic"
	// kindBulk is a mail from a mailing list or to many recipients.
	kindBulk kind = "Bulk"
	// kindNoAuthor is a mail that does not name exactly one author.
	kindNoAuthor kind = "NoAuthor"
)

// loopField is the name, in lower case, of the field that an intake adds to each mail, with the intake's address.
const loopField = "usher-intake"

// maxHops is how many Received fields a mail may have before it is taken for a loop. RFC 5321, 6.3 requires at least 100.
const maxHops = 100

// classification says what to do with a mail. Mails of all kinds are passed on: a list or a program may forward what a person
// wrote.
type classification struct {
	kind kind
	// author is the address that gets an account; empty: none.
	author string
	// sender is the address that the limits count; empty: the null sender.
	sender string
	// nullSender is true if the mail is passed on with the null sender.
	nullSender bool
}

// classify classifies a mail by its header and its envelope sender (empty: the null sender). What a program wrote never leads to an
// account.
func classify(h *header, sender string) classification {
	from := authorOf(h)
	c := classification{sender: from}
	if from == "" || sender == "" {
		c.sender = validOrEmpty(sender)
	}
	switch {
	case sender == "" || h.isReport():
		c.kind, c.nullSender = kindReport, true
	case h.isAutomatic() || isProgram(from) || isProgram(sender):
		c.kind = kindAutomatic
	case h.isBulk() || isList(sender) || isList(from):
		c.kind = kindBulk
	case c.sender == "":
		c.kind = kindNoAuthor
	default:
		c.kind, c.author = kindPerson, c.sender
	}
	return c
}

// authorOf returns the single address of the single From field, or "" if there is none that can be an account's. Text in a name
// that looks like an address, encoded or not, does not count.
func authorOf(h *header) string {
	values := h.fields["from"]
	if len(values) != 1 {
		return ""
	}
	// Old programs do not encode names in other character sets. A name that cannot be read must not hide the address.
	readable := strings.ToValidUTF8(values[0], string(utf8.RuneError))
	parsed, err := fromParser.Parse(readable)
	if err != nil {
		parsed, err = fromParser.Parse(bracketed(readable))
	}
	if err != nil || strings.ContainsRune(parsed.Address, utf8.RuneError) {
		return ""
	}
	return validOrEmpty(parsed.Address)
}

// addressLike matches what may be an address.
var addressLike = regexp.MustCompile(`[^\s,;:<>()"]@[^\s,;:<>()"]`)

// bracketed returns the address in angle brackets at the end of a From field whose name is not quoted although it should be, as in
// Ruiz, Clara <clara@customers.example>. It returns "" if anything else may be an address: then there is no single author.
func bracketed(from string) string {
	name, rest, found := strings.Cut(from, "<")
	inside, after, closed := strings.Cut(rest, ">")
	if !found || !closed || strings.TrimSpace(after) != "" || strings.Contains(inside, "<") || addressLike.MatchString(name) {
		return ""
	}
	return "<" + inside + ">"
}

// fromParser accepts names in any character set, because names are not used.
var fromParser = netmail.AddressParser{WordDecoder: &mime.WordDecoder{
	CharsetReader: func(string, io.Reader) (io.Reader, error) { return strings.NewReader("?"), nil },
}}

// validOrEmpty returns an address if it can be an account's, and "" otherwise.
func validOrEmpty(address string) string {
	if !emailaddr.Valid(address) || strings.ContainsFunc(address, unicode.IsControl) {
		return ""
	}
	return address
}

// isReport reports whether a mail is a delivery report or a receipt (RFC 3462, RFC 8098).
func (h *header) isReport() bool {
	return h.any("content-type", func(value string) bool {
		return slices.Contains([]string{"multipart/report", "message/delivery-status", "message/disposition-notification"}, keyword(value))
	})
}

// isAutomatic reports whether a program sent a mail, by RFC 3834 and by what was used before it. X-Auto-Response-Suppress does not say
// so: mail servers add it to what people write, so that no program replies.
func (h *header) isAutomatic() bool {
	return h.any("auto-submitted", func(value string) bool { return keyword(value) != "no" }) ||
		h.any("precedence", func(value string) bool { return keyword(value) == "auto_reply" }) ||
		len(h.fields["x-autoreply"])+len(h.fields["x-autorespond"])+len(h.fields["x-autoresponse"]) > 0
}

// isBulk reports whether a mail comes from a mailing list (RFC 2369, RFC 2919) or was sent to many recipients. A way to unsubscribe does
// not say so: services that send for people add it to every mail.
func (h *header) isBulk() bool {
	for name := range h.fields {
		if strings.HasPrefix(name, "list-") && !strings.HasPrefix(name, "list-unsubscribe") {
			return true
		}
	}
	return h.any("precedence", func(value string) bool {
		return slices.Contains([]string{"bulk", "list", "junk"}, keyword(value))
	})
}

// any reports whether a field of a name has a value that matches.
func (h *header) any(name string, is func(string) bool) bool {
	return slices.ContainsFunc(h.fields[name], is)
}

// passedThrough reports whether the mail has already passed through an intake.
func (h *header) passedThrough(intake string) bool {
	token := loopToken(intake)
	return h.any(loopField, func(value string) bool { return strings.EqualFold(value, token) })
}

// keyword returns the first word of a value in lower case, without parameters or comments.
func keyword(value string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(value)), ";")
	word, _, _ = strings.Cut(word, "(")
	word, _, _ = strings.Cut(word, ",")
	return strings.TrimSpace(word)
}

// isProgram reports whether the local part says that nobody reads replies to an address. Programs that send to many add a detail to
// their address, another one for each mail, as in bounces+1000-x@mailer.example.
func isProgram(address string) bool {
	local, _, _ := strings.Cut(localPart(address), "+")
	plain := strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	return slices.Contains([]string{"mailerdaemon", "postmaster", "noreply", "donotreply", "autoreply", "bounce", "bounces"}, plain) ||
		strings.HasPrefix(local, "bounce-") || strings.HasPrefix(local, "bounces-")
}

// isList reports whether an address is one of a mailing list's own (RFC 3834, 2).
func isList(address string) bool {
	local := localPart(address)
	return strings.HasPrefix(local, "owner-") || strings.HasSuffix(local, "-request") || strings.HasSuffix(local, "-owner")
}

func localPart(address string) string {
	at := strings.LastIndexByte(address, '@')
	return strings.ToLower(address[:max(at, 0)])
}
