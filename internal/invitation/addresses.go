// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package invitation holds the pure parts of inviting people: address lists, names, the transitions of an invited
// person, and the links in mails. It has no client and no clock.
package invitation

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

// SameAddress tells whether two addresses are one account's: neither the case of letters counts, nor the form in which
// an internationalized domain is written.
func SameAddress(a, b string) bool { return NormalizeAddress(a) == NormalizeAddress(b) }

// NormalizeAddress gives the form of an address in which accounts are compared: small letters, composed (NFC), the domain
// as in DNS (A-labels). Giving it a second time changes nothing.
func NormalizeAddress(address string) string {
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

// ValidAddress tells whether address is a bare mail address: as the API's EmailAddress demands it, with a domain that DNS
// can hold.
func ValidAddress(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	if !WellFormedAddress(address) {
		return false
	}
	_, ok := domainInDNS(domain)
	return ok
}

// WellFormedAddress tells whether address is as the API's EmailAddress demands it; its domain may be none that DNS can hold.
func WellFormedAddress(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	return utf8.ValidString(address) && utf8.RuneCountInString(address) <= maxAddressLength &&
		utf8.RuneCountInString(local) <= maxLocalLength && addressShape.MatchString(address)
}
