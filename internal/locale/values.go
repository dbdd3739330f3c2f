// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package locale

import (
	"html"
	"html/template"
	"regexp"
	"slices"
	"strings"
)

// Values are what the words in braces stand for.
type Values map[string]string

// Fill inserts the values into a phrase. It makes a single pass, so braces in a value stay as they are.
func (v Values) Fill(phrase string) string {
	return v.replace(phrase, func(value string) string { return value })
}

// FillHTML is Fill for HTML. Phrase and values are escaped; values are highlighted and keep their own writing direction.
func (v Values) FillHTML(phrase string) template.HTML {
	filled := v.replace(html.EscapeString(phrase), func(value string) string {
		return "<strong><bdi>" + html.EscapeString(value) + "</bdi></strong>"
	})
	return template.HTML(filled) //nolint:gosec // phrase and values are escaped above
}

func (v Values) replace(phrase string, write func(string) string) string {
	pairs := make([]string, 0, 4*len(v))
	for name, value := range v {
		if strings.HasSuffix(value, ".") {
			// A sentence that ends with "Acme S.A." already has its full stop.
			pairs = append(pairs, "{"+name+"}.", write(value))
		}
		pairs = append(pairs, "{"+name+"}", write(value))
	}
	return strings.NewReplacer(pairs...).Replace(phrase)
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// Placeholders returns the names in braces in a phrase, each once, sorted.
func Placeholders(phrase string) []string {
	var names []string
	for _, found := range placeholder.FindAllString(phrase, -1) {
		names = append(names, strings.Trim(found, "{}"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
