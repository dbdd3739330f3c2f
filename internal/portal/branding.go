// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"encoding/base64"
	"html/template"
	"strings"
	"unicode/utf8"

	"github.com/usher-operator/usher/internal/effective"
)

// Accent returns the URL of the style sheet with the organization's color, or "" for the portal's own.
func (p *page) Accent() string { return accentURL(p.branding.AccentColor) }

// Logo returns the organization's logo as a URL that contains it, or "" if there is none.
func (p *page) Logo() template.URL {
	kind, err := effective.LogoType(p.branding.Logo)
	if err != nil {
		return ""
	}
	// The media type is one of three, and base64 has no characters that mean something in HTML or in a URL.
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(p.branding.Logo)) //nolint:gosec // G203: see above
}

// Initial returns the first letter of the organization's name, which stands for a logo, or "".
func (p *page) Initial() string {
	first, _ := utf8.DecodeRuneInString(p.Organization())
	if first == utf8.RuneError {
		return ""
	}
	return strings.ToUpper(string(first))
}

// Claim returns the sentence that says what Usher is, and why the person is here.
func (p *page) Claim() (template.HTML, error) {
	switch {
	case p.Organization() == "", p.Account != nil:
		return p.H("brand.claim")
	case p.ContactPage != nil:
		return p.H("brand.claimCustomer")
	default:
		return p.H("brand.claimOrganization")
	}
}

// privacy are the keys of the phrases that say what is stored of a person and who sees it, by the name of the screen.
var privacy = map[string]string{
	screenInvite.name: "privacy.invite",
	screenAsk.name:    "privacy.ask",
}

// Privacy returns what is stored and who sees it, or "" on pages that take nothing from the person.
func (p *page) Privacy() (template.HTML, error) {
	if key := privacy[p.Name]; key != "" {
		return p.H(key)
	}
	return "", nil
}
