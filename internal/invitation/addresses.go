// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package invitation holds the pure parts of inviting people: address lists, names, the transitions of an invited
// person, and the links in mails. It has no client and no clock.
package invitation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxRecipients is how many addresses one Invitation may name.
const MaxRecipients = 100

// Lengths count characters, as the API's do.
const (
	maxAddressLength = 254
	maxLocalLength   = 64
	maxSlugLength    = 40
)

const (
	localAtom   = `[^\pC\pZ@,;:<>()\[\]"\\.]+`
	domainLabel = `[\pL\pN\pM]([-\pL\pN\pM]*[\pL\pN\pM])?`
)

var (
	addressShape = regexp.MustCompile(
		`^` + localAtom + `(\.` + localAtom + `)*@` + domainLabel + `(\.` + domainLabel + `)+$`)
	slugGap = regexp.MustCompile(`[^a-z0-9]+`)
)

// SameAddress tells whether two addresses are one account's: letters' case does not count.
func SameAddress(a, b string) bool { return NormalizeAddress(a) == NormalizeAddress(b) }

// NormalizeAddress gives the form of an address in which accounts are compared.
func NormalizeAddress(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// ValidAddress tells whether address is a bare mail address, as the API's EmailAddress demands it.
func ValidAddress(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	return utf8.RuneCountInString(address) <= maxAddressLength && utf8.RuneCountInString(local) <= maxLocalLength &&
		addressShape.MatchString(address)
}

// ParseAddresses splits entries that each hold one or more addresses, separated by white space, comma or semicolon
// (NOV-3). Addresses come in the order given, each once. The error names the first entry that is no address.
func ParseAddresses(entries []string) ([]string, error) {
	var addresses []string
	seen := map[string]bool{}
	for i, entry := range entries {
		for _, address := range strings.FieldsFunc(entry, isSeparator) {
			if !ValidAddress(address) {
				return nil, fmt.Errorf("entry %d: %q is not an e-mail address such as ana@acme.example", i+1, address)
			}
			if key := NormalizeAddress(address); !seen[key] {
				seen[key] = true
				addresses = append(addresses, address)
			}
		}
	}
	switch {
	case len(addresses) == 0:
		return nil, fmt.Errorf("names no address: at least one is needed, such as ana@acme.example")
	case len(addresses) > MaxRecipients:
		return nil, fmt.Errorf("names %d addresses, at most %d are possible: split it into several invitations",
			len(addresses), MaxRecipients)
	}
	return addresses, nil
}

func isSeparator(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }

// DisplayName derives a person's name from the address: a dot splits the names (LMI-5), without one the local part
// serves as both (LMI-6).
func DisplayName(address string) string {
	local, _, _ := strings.Cut(address, "@")
	if before, _, tagged := strings.Cut(local, "+"); tagged && before != "" {
		local = before
	}
	var names []string
	for part := range strings.SplitSeq(local, ".") {
		if part != "" {
			names = append(names, capitalize(part))
		}
	}
	if len(names) == 1 {
		names = append(names, names[0])
	}
	return strings.Join(names, " ")
}

func capitalize(s string) string {
	runes := []rune(s)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// UserName derives the object name of an invited person's OrgUser from the address: readable, and the same every time.
func UserName(address string) string {
	address = NormalizeAddress(address)
	local, _, _ := strings.Cut(address, "@")
	slug := slugGap.ReplaceAllString(local, "-")
	if len(slug) > maxSlugLength {
		slug = slug[:maxSlugLength]
	}
	slug = strings.Trim(slug, "-")
	if slug == "" {
		slug = "user"
	}
	sum := sha256.Sum256([]byte(address))
	return slug + "-" + hex.EncodeToString(sum[:4])
}
