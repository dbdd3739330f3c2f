// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"strings"
	"unicode"
)

// joiners are format characters that names and emoji need: ZWNJ and ZWJ.
const joiners = "\u200c\u200d"

// visible tells whether a character may stand in a mail: no control character and no invisible one that reorders or
// hides text (bidi overrides and isolates, zero-width marks).
func visible(r rune) bool {
	return strings.ContainsRune(joiners, r) || !unicode.Is(unicode.C, r)
}

// oneLine makes any value fit for a header or a line of text: white space of every kind becomes one blank, whatever is
// not visible goes.
func oneLine(s string) string {
	blanks := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case visible(r):
			return r
		default:
			return -1
		}
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(blanks), " ")
}

// lines splits a text at its line breaks and cleans each line; empty lines at both ends go.
func lines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = oneLine(line)
		if line != "" || len(out) > 0 {
			out = append(out, line)
		}
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}
