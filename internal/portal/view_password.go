// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import "strconv"

// AsksPassword reports whether the page has a field for a new password.
func (p *page) AsksPassword() bool {
	switch p.Name {
	case screenPassword.name:
		return true
	case screenInvite.name:
		return p.Link != nil && p.Link.NeedsPassword && !p.Link.NeedsConfirmation
	case screenConfirm.name:
		return p.Link != nil && p.Link.NeedsPassword
	}
	return false
}

// Reveal returns the URL of the script that shows and hides a password.
func (p *page) Reveal() string { return reveal.url() }

// PasswordHint returns what a password has to be like.
func (p *page) PasswordHint() (string, error) {
	p.values["length"] = strconv.Itoa(p.Link.PasswordLength)
	return p.T("field.newPasswordHint")
}

// PasswordError returns what is wrong with the password, or "".
func (p *page) PasswordError() (string, error) {
	key := p.Form.Error("password")
	if key == "" {
		return "", nil
	}
	return p.T(key)
}

// RequestsPassword reports whether the page leads to the one on which a link to choose a password is asked for.
func (p *page) RequestsPassword() bool { return p.Name == screenPasswordGone.name }

// Errand returns the address that was entered on the page that asks for a link.
func (p *page) Errand() string { return p.Form.Email }
