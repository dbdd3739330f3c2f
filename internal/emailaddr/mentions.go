// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr

import (
	"strings"
	"unicode"
)

// Mentions returns the addresses that a text mentions, in their normal form and each once: the words with an @. Malformed are those of
// them that are not addresses.
func Mentions(text string) (addresses, malformed []string) {
	seen := map[string]bool{}
	for word := range strings.FieldsFuncSeq(text, separatesMentions) {
		if !strings.Contains(word, "@") {
			continue
		}
		valid := Valid(word)
		if valid {
			word = Normalize(word)
		}
		switch {
		case seen[word]:
		case valid:
			addresses = append(addresses, word)
		default:
			malformed = append(malformed, word)
		}
		seen[word] = true
	}
	return addresses, malformed
}

func separatesMentions(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`,;<>"()`, r)
}
