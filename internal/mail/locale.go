// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"embed"
	"strings"

	"golang.org/x/text/unicode/bidi"

	"github.com/usher-operator/usher/internal/locale"
)

//go:embed locales/*.json
var localeFiles embed.FS

// languages are the languages that ship.
var languages = locale.MustLoad(localeFiles, "locales")

// catalogue contains the phrases of mails in one language.
type catalogue struct{ *locale.Catalogue }

// of returns a phrase that every kind of mail has, with its values.
func (c catalogue) of(kind Kind, name string, values locale.Values) string {
	return values.Fill(c.Get(string(kind) + "." + name))
}

func (c catalogue) direction() string { return c.Get(locale.KeyDirection) }

// isolate keeps the writing direction of a value from reordering the text around it, with Unicode isolates. A value with the
// direction of the language stays as it is.
func (c catalogue) isolate(value string) string {
	rtl := c.direction() == "rtl"
	against := func(r rune) bool {
		switch properties, _ := bidi.LookupRune(r); properties.Class() {
		case bidi.L:
			return rtl
		case bidi.R, bidi.AL:
			return !rtl
		default:
			return false
		}
	}
	if !strings.ContainsFunc(value, against) {
		return value
	}
	return "\u2068" + value + "\u2069"
}

// isolated returns the values for running text.
func (c catalogue) isolated(values locale.Values) locale.Values {
	out := make(locale.Values, len(values))
	for name, value := range values {
		out[name] = c.isolate(value)
	}
	return out
}
