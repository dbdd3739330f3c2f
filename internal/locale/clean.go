// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package locale

import (
	"strings"
	"unicode"
)

const (
	// joiners are format characters that names and emoji need: ZWNJ and ZWJ.
	joiners = "\u200c\u200d"
	// fillers are letters and symbols that are invisible.
	fillers = "\u115f\u1160\u2800\u3164\uffa0"
	// maxMarks is how many combining marks may follow one another. No script needs more, and more of them would cover the
	// lines around.
	maxMarks = 6
)

// OneLine makes any value safe for a header, a page or a line of text. White space of every kind becomes one space. Control
// characters, and invisible ones that reorder or hide text (bidi overrides and isolates, zero-width marks), are removed.
func OneLine(s string) string {
	marks := 0
	blanks := strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
			marks++
		case !harmful(r) && !strings.ContainsRune(joiners, r):
			marks = 0
		}
		switch {
		case marks > maxMarks:
			return -1
		case unicode.IsSpace(r), strings.ContainsRune(fillers, r):
			return ' '
		case harmful(r):
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(s, ""))
	words := strings.FieldsFunc(blanks, func(r rune) bool { return r == ' ' })
	return strings.Trim(strings.Join(words, " "), joiners+" ")
}

// harmful reports whether a character is a control, only directs others, or has no meaning. Characters that are newer than Go's
// tables, such as new emoji, are not harmful.
func harmful(r rune) bool {
	if strings.ContainsRune(joiners, r) {
		return false
	}
	const plane14 = 0xe0000
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co) || r >= plane14 && !unicode.Is(unicode.Mn, r)
}

// Lines splits a text at its line breaks and cleans each line like OneLine. Empty lines at both ends are removed.
func Lines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = OneLine(line)
		if line != "" || len(out) > 0 {
			out = append(out, line)
		}
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}
