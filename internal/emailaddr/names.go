// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxSlugLength = 40
	// maxObjectNames bounds how many names are tried for an address. More than the first one is needed only when somebody takes them on
	// purpose.
	maxObjectNames = 10
	// longDigest is the length, in bytes, of the digest in all names but the first. A name has at most 63 characters.
	longDigest = 10
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

// FormOfAddress returns what people are called where they are greeted or mentioned. A name that is the same word twice, as DisplayName
// derives it from an address without a dot, is said once: nobody is called Nora Nora. Any other name stays as it is.
func FormOfAddress(name string) string {
	words := strings.Fields(name)
	if len(words) == 2 && words[0] == words[1] {
		return words[0]
	}
	return name
}

func capitalize(s string) string {
	runes := []rune(s)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// ObjectName derives the name of a person's OrgUser from the address. It is readable and always the same. Another OrgUser may have it,
// by chance or on purpose; see ObjectNames.
func ObjectName(address string) string {
	address = Normalize(address)
	sum := sha256.Sum256([]byte(address))
	return slugOf(address) + "-" + hex.EncodeToString(sum[:4])
}

// ObjectNames returns the names that an address's OrgUser may have, in the order in which they are tried: ObjectName, and those for an
// OrgUser whose names before are other OrgUsers'. They are always the same, so that everybody who tries them in order chooses the same
// one.
func ObjectNames(address string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(ObjectName(address)) {
			return
		}
		normal := Normalize(address)
		for n := 1; n < maxObjectNames; n++ {
			sum := sha256.Sum256([]byte(strconv.Itoa(n) + " " + normal)) // no address contains a space
			if !yield(slugOf(normal) + "-" + hex.EncodeToString(sum[:longDigest])) {
				return
			}
		}
	}
}

// slugOf returns the readable part of a name that is derived from an address in its normal form.
func slugOf(address string) string {
	local, _, _ := strings.Cut(address, "@")
	slug := slugGap.ReplaceAllString(local, "-")
	if len(slug) > maxSlugLength {
		slug = slug[:maxSlugLength]
	}
	slug = strings.Trim(slug, "-")
	if slug == "" {
		return "user"
	}
	return slug
}
