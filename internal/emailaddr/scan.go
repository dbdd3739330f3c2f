// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	// tokenEnd is a comma, a semicolon or a line break: nothing before it belongs to anything after it.
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted
	tokenAngle
	// tokenBroken is a quote or an angle bracket that is not closed, or closed and followed by more than a separator.
	tokenBroken
)

type token struct {
	kind tokenKind
	text string
}

const lineBreaks = "\n\r\v\f\u0085\u2028\u2029"

func isEnd(r rune) bool { return r == ',' || r == ';' || strings.ContainsRune(lineBreaks, r) }

// tokens splits the text of an entry.
func tokens(text string) []token {
	var found []token
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case isEnd(r):
			found, text = append(found, token{tokenEnd, text[:size]}), text[size:]
		case unicode.IsSpace(r):
			text = text[size:]
		default:
			var t token
			t, text = next(r, text)
			found = append(found, t)
		}
	}
	return found
}

// next reads the token at the start of a text, and returns the rest.
func next(first rune, text string) (token, string) {
	switch first {
	case '"':
		return quoted(text)
	case '<':
		return angle(text)
	}
	end := strings.IndexFunc(text, func(r rune) bool { return isEnd(r) || unicode.IsSpace(r) || r == '<' || r == '"' })
	if end < 0 {
		end = len(text)
	}
	return token{tokenWord, text[:end]}, text[end:]
}

// quoted reads a name in quotes, in which a backslash escapes the next character.
func quoted(text string) (token, string) {
	var name strings.Builder
	escaped := false
	for i, r := range text[1:] {
		switch {
		case escaped:
			name.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			return token{tokenQuoted, name.String()}, text[1+i+1:]
		default:
			name.WriteRune(r)
		}
	}
	return token{tokenBroken, text}, ""
}

// angle reads an address in angle brackets, which must be followed by a separator or the end.
func angle(text string) (token, string) {
	end := strings.IndexByte(text, '>')
	if end < 0 {
		return token{tokenBroken, text}, ""
	}
	rest := text[end+1:]
	if r, _ := utf8.DecodeRuneInString(rest); rest != "" && !isEnd(r) && !unicode.IsSpace(r) {
		return token{tokenBroken, text}, ""
	}
	return token{tokenAngle, text[1:end]}, rest
}
