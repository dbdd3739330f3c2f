// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxSlugLength = 40
	// maxNameLength is the maximum length of the API's DisplayName, in characters.
	maxNameLength = 128
)

var (
	slugGap = regexp.MustCompile(`[^a-z0-9]+`)
	// unseen are the characters that the API's DisplayName refuses: control characters, line ends, and those that change the
	// direction of text.
	unseen  = regexp.MustCompile(`[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}]`)
	visible = regexp.MustCompile(`[^\s\pZ\pC]`)
)

// ValidName reports whether name is a single line of visible text, as the API's DisplayName must be.
func ValidName(name string) bool {
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxNameLength && !unseen.MatchString(name) &&
		visible.MatchString(name)
}

// DisplayName derives a person's name from the address: a dot separates first and last name (LMI-5); without a dot, the local
// part is both (LMI-6).
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

// ObjectName derives the name of an invited person's OrgUser from the address. It is readable and always the same.
func ObjectName(address string) string {
	address = Normalize(address)
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
