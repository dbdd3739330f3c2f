// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxFilterLength bounds a filter, in bytes, and maxFilterDepth its parentheses: parsing is recursive.
	maxFilterLength = 4096
	maxFilterDepth  = 16
)

// extracted is a filter or a path without its strings and value filters, in whose places are their numbers. The library's parser has a
// grammar of its own for both: it does not take escapes out of strings, refuses \u00e9 for \u00E9, and knows no more than two terms
// in brackets. Strings are JSON's, and what is in brackets is a filter.
type extracted struct {
	outer   string
	strings []string
	filters []string
}

// placeholder stands in the outer text for the value filter of a number.
//
// Entra ID filters by emails[type eq "work"].value eq "a@b.c", as it maps attributes, although a filter has no such form in the RFC. What
// the parser sees then is emails.filter0-value.
const (
	placeholder = "filter"
	partOf      = "-"
)

// extract takes strings and value filters out of a filter or a path.
func extract(text string, inFilter bool) (extracted, bool) {
	var e extracted
	var outer strings.Builder
	if len(text) > maxFilterLength || !utf8.ValidString(text) {
		return e, false
	}
	depth := 0
	for n := 0; n < len(text); n++ {
		switch c := text[n]; c {
		case '"':
			end := endOfString(text, n)
			var s string
			if end < 0 || json.Unmarshal([]byte(text[n:end]), &s) != nil {
				return e, false
			}
			outer.WriteString(strconv.Quote(strconv.Itoa(len(e.strings))))
			e.strings = append(e.strings, s)
			n = end - 1
		case '[':
			end := endOfBrackets(text, n)
			if end < 0 {
				return e, false
			}
			name := placeholder + strconv.Itoa(len(e.filters))
			e.filters = append(e.filters, strings.TrimSpace(text[n+1:end]))
			n = end
			if inFilter && strings.HasPrefix(text[end:], "].") {
				outer.WriteString("." + name + partOf)
				n++
			} else {
				outer.WriteString("[" + name + " pr]")
			}
		default:
			if c == '(' {
				depth++
			}
			outer.WriteByte(c)
		}
	}
	e.outer = strings.TrimSpace(outer.String())
	return e, depth <= maxFilterDepth
}

// endOfString returns where the string ends that begins with the quote at start, or -1.
func endOfString(text string, start int) int {
	for n := start + 1; n < len(text); n++ {
		switch text[n] {
		case '\\':
			n++
		case '"':
			return n + 1
		}
	}
	return -1
}

// endOfBrackets returns where the bracket is that closes the one at start, or -1. Brackets do not contain others.
func endOfBrackets(text string, start int) int {
	for n := start + 1; n < len(text); n++ {
		switch text[n] {
		case '"':
			end := endOfString(text, n)
			if end < 0 {
				return -1
			}
			n = end - 1
		case '[':
			return -1
		case ']':
			return n
		}
	}
	return -1
}

// literal returns the string of a number.
func (e extracted) literal(number string) (string, bool) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(e.strings) {
		return "", false
	}
	return e.strings[n], true
}

// partFilter returns the value filter and the sub-attribute of emails[…].value, which the parser saw as a name.
func (e extracted) partFilter(name string) (filter, sub string, ok bool) {
	name, sub, ok = strings.Cut(name, partOf)
	if !ok {
		return "", "", false
	}
	filter, ok = e.valueFilter(name)
	return filter, sub, ok
}

// valueFilter returns the value filter that a placeholder stands for.
func (e extracted) valueFilter(name string) (string, bool) {
	number, ok := strings.CutPrefix(name, placeholder)
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 || n >= len(e.filters) {
		return "", false
	}
	return e.filters[n], true
}
