// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package emailaddr parses, validates and compares email addresses: lists as people paste them, the normal form that identifies
// an account, and the names derived from an address. It has no client and no clock.
package emailaddr

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Lengths are in characters, like those of the API.
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

// domains maps the labels of an internationalized domain to those in DNS (RFC 5891, UTS #46).
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// Same reports whether two addresses belong to one account, whatever the case of their letters and the form in which an
// internationalized domain is written.
func Same(a, b string) bool { return Normalize(a) == Normalize(b) }

// Normalize returns the form of an address in which accounts are compared: lower case, composed (NFC), the domain as in DNS
// (A-labels). It is idempotent.
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

// Unicode returns the normal form of an address with an internationalized domain as people read it (U-labels). It is idempotent, and
// different for any two addresses that Normalize tells apart.
func Unicode(address string) string {
	address = Normalize(address)
	if !strings.Contains(address, "xn--") {
		return address
	}
	at := strings.LastIndexByte(address, '@') + 1
	domain, err := domains.ToUnicode(address[at:])
	if err != nil || Normalize(address[:at]+domain) != address {
		return address
	}
	return address[:at] + domain
}

// WithoutDetail returns an address without the detail that mail programs append to the local part after a plus sign (RFC 5233), as in
// support+ticket7@acme.example; false: it has none.
func WithoutDetail(address string) (string, bool) {
	local, domain, _ := strings.Cut(address, "@")
	base, _, has := strings.Cut(local, "+")
	if !has || base == "" {
		return address, false
	}
	return base + "@" + domain, true
}

// domainInDNS returns a domain as it is in DNS; false, and the domain unchanged: DNS cannot contain it.
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

// Valid reports whether address is a bare email address: well-formed, with a domain that DNS can contain.
func Valid(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	if !WellFormed(address) {
		return false
	}
	_, ok := domainInDNS(domain)
	return ok
}

// WellFormed reports whether address meets the rules of the API's EmailAddress. DNS may be unable to contain its domain.
func WellFormed(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	return utf8.ValidString(address) && utf8.RuneCountInString(address) <= maxAddressLength &&
		utf8.RuneCountInString(local) <= maxLocalLength && addressShape.MatchString(address)
}
