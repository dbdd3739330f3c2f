// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/usher-operator/usher/internal/locale"
)

// parseAddress parses an address with or without a name. It converts an internationalized domain to its ASCII form, which every
// mail server understands.
func parseAddress(address string) (*netmail.Address, error) {
	parsed, err := netmail.ParseAddress(address)
	if err != nil || strings.ContainsFunc(parsed.Address, unicode.IsControl) {
		return nil, errors.New("it is not an email address such as ana@acme.example")
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	domain, err := idna.Lookup.ToASCII(parsed.Address[at+1:])
	if err != nil {
		return nil, fmt.Errorf("its domain is not valid: %w", err)
	}
	return &netmail.Address{Name: locale.OneLine(parsed.Name), Address: parsed.Address[:at+1] + domain}, nil
}

// parseBareAddress parses an address without a name, comment or angle brackets.
func parseBareAddress(address string) (*netmail.Address, error) {
	parsed, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if parsed.Name != "" || strings.ContainsAny(address, "<>() \t\r\n") {
		return nil, errors.New("it must be a bare email address such as ana@acme.example")
	}
	return parsed, nil
}

// CanReplyTo reports whether every mail server that takes a mail takes it with an address in Reply-To. An address beyond ASCII needs
// SMTPUTF8, which the recipient's server may not support: such a Reply-To would keep the mail itself from its recipient.
func CanReplyTo(address string) bool {
	parsed, err := parseBareAddress(address)
	return err == nil && !needsSMTPUTF8(parsed)
}

// needsSMTPUTF8 reports whether only a server with that extension can accept the address.
func needsSMTPUTF8(address *netmail.Address) bool {
	return strings.ContainsFunc(address.Address, func(r rune) bool { return r > '~' })
}
