// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package emailaddr parses, validates, compares and names email addresses: lists as people paste them, the normal form
// that identifies an account, and the names derived from an address. It has no client and no clock.
package emailaddr

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Lengths count characters, as the API's do.
const (
	maxAddressLength = 254
	maxLocalLength   = 64
)

const (
	localAtom   = `[^\pC\pZ@,;:<>()\[\]"\\.]+`
	domainLabel = `[\pL\pN\pM]([-\pL\pN\pM]*[\pL\pN\pM])?`
)

var addressShape = regexp.MustCompile(
	`^` + localAtom + `(\.` + localAtom + `)*@` + domainLabel + `(\.` + domainLabel + `)+$`)

// domains maps the labels of an internationalized domain to what DNS holds (RFC 5891, UTS #46).
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// Same reports whether two addresses are one account's: neither the case of letters counts, nor the form in which
// an internationalized domain is written.
func Same(a, b string) bool { return Normalize(a) == Normalize(b) }

// Normalize returns the form of an address in which accounts are compared: small letters, composed (NFC), the domain
// as in DNS (A-labels). Giving it a second time changes nothing.
func Normalize(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	if isASCII(address) && !strings.Contains(address, "xn--") {
		return address
	}
	at := strings.LastIndexByte(address, '@')
	local := norm.NFC.String(strings.ToLower(norm.NFC.String(address[:at+1])))
	domain, ok := domainInDNS(address[at+1:])
	if !ok {
		domain = norm.NFC.String(strings.ToLower(norm.NFC.String(domain)))
	}
	return local + domain
}

// domainInDNS gives a domain as DNS holds it; false, and the domain as it is: it cannot be one.
func domainInDNS(domain string) (string, bool) {
	if isASCII(domain) && !strings.Contains(strings.ToLower(domain), "xn--") {
		return strings.ToLower(domain), true
	}
	mapped, err := domains.ToASCII(domain)
	if err != nil {
		return domain, false
	}
	return mapped, true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Valid reports whether address is a bare mail address: as the API's EmailAddress demands it, with a domain that DNS
// can hold.
func Valid(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	if !WellFormed(address) {
		return false
	}
	_, ok := domainInDNS(domain)
	return ok
}

// WellFormed reports whether address is as the API's EmailAddress demands it; its domain may be none that DNS can hold.
func WellFormed(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	return utf8.ValidString(address) && utf8.RuneCountInString(address) <= maxAddressLength &&
		utf8.RuneCountInString(local) <= maxLocalLength && addressShape.MatchString(address)
}
