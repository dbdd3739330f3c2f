// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"strings"
	"unicode/utf8"

	"github.com/usher-operator/usher/internal/locale"
	"github.com/usher-operator/usher/internal/signin"
)

// prove shows that a person has signed in: no second mail follows, no password is asked for, and the form suggests what the provider knows
// of them. What the organization has declared stays.
func (p *page) prove(who *signin.Identity) {
	if who == nil {
		return
	}
	p.Proved = true
	link := *p.Link
	link.NeedsConfirmation, link.NeedsPassword, link.SignedIn = false, false, who.Email
	p.Link = &link
	p.values["signedIn"] = locale.OneLine(who.Email)
	if len(p.Form.Errors) > 0 {
		return
	}
	if name := locale.OneLine(who.Name); name != "" && !link.NameGiven && utf8.RuneCountInString(name) <= maxDisplayName {
		p.Form.DisplayName = name
	}
	if phone := (form{Phone: who.Phone}); p.Form.Phone == "" && phoneNumber.MatchString(phone.e164()) {
		p.Form.Phone = phone.e164()
	}
}

// SignInPath returns the way to the provider, or "" if there is none, or the person has come from there.
func (p *page) SignInPath() string {
	if p.Link == nil || p.Link.Provider.IssuerURL == "" || p.Proved {
		return ""
	}
	return p.Path + "/sign-in" + p.Query()
}

// SignInInstead returns the way to the provider for a person who waits for the second mail; "": there is none.
func (p *page) SignInInstead() string {
	if p.Name != screenCheckMail.name {
		return ""
	}
	return p.SignInPath()
}

// CanComplete reports whether the person waited for the second mail, and has signed in instead.
func (p *page) CanComplete() bool { return p.Name == screenCheckMail.name && p.Proved }

// afterSignIn reports whether the page says why nobody has signed in.
func (p *page) afterSignIn() bool { return strings.HasPrefix(p.Name, "signIn") }

// BackToInvitation returns the way back to the invitation, from a page that says why nobody has signed in; "": there is none.
func (p *page) BackToInvitation() string {
	if !p.afterSignIn() || p.Path == "" {
		return ""
	}
	return p.Path + p.Query()
}

// SignInAgain returns the way to the provider for a person who has to choose another account there; "": that would not help.
func (p *page) SignInAgain() string {
	if p.Name != screenSignInOther.name || p.Path == "" {
		return ""
	}
	return p.Path + "/sign-in?again=" + strings.Replace(p.Query(), "?", "&", 1)
}
