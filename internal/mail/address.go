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

// parseAddress reads an address with or without a name and puts an internationalized domain into its ASCII form, which
// every mail server understands.
func parseAddress(address string) (*netmail.Address, error) {
	parsed, err := netmail.ParseAddress(address)
	if err != nil || strings.ContainsFunc(parsed.Address, unicode.IsControl) {
		return nil, errors.New("it is not a mail address such as ana@acme.example")
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	domain, err := idna.Lookup.ToASCII(parsed.Address[at+1:])
	if err != nil {
		return nil, fmt.Errorf("its domain is not valid: %w", err)
	}
	return &netmail.Address{Name: locale.OneLine(parsed.Name), Address: parsed.Address[:at+1] + domain}, nil
}

// parseBareAddress reads an address without name, comment or angle brackets.
func parseBareAddress(address string) (*netmail.Address, error) {
	parsed, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if parsed.Name != "" || strings.ContainsAny(address, "<>() \t\r\n") {
		return nil, errors.New("it must be a bare mail address such as ana@acme.example")
	}
	return parsed, nil
}

// needsSMTPUTF8 tells whether only a server with that extension can take the address.
func needsSMTPUTF8(address *netmail.Address) bool {
	return strings.ContainsFunc(address.Address, func(r rune) bool { return r > '~' })
}
