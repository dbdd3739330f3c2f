// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package signin

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// maxClaim is the maximum length of a claim that is kept, in characters.
const maxClaim = 255

// Identity is who has signed in.
type Identity struct {
	// Provider and Subject identify the account, and Organization the organization whose own provider that is.
	Provider     string `json:"i"`
	Subject      string `json:"s"`
	Organization string `json:"o,omitempty"`
	// Email is the address that the provider vouches for.
	Email string `json:"e"`
	// Name and Phone are what the provider knows of the person; empty: it does not say.
	Name  string `json:"n,omitempty"`
	Phone string `json:"p,omitempty"`
	// Time is when the person signed in.
	Time time.Time `json:"t"`
}

// Has reports whether an address is the one that the person has proved. A letter that only looks like one of ASCII after folding, such as
// the Kelvin sign, is in an address of somebody else.
func (i Identity) Has(address string) bool {
	return i.Email != "" && emailaddr.Same(i.Email, address) && asciiLocal(i.Email) == asciiLocal(address)
}

func asciiLocal(address string) bool {
	local := address[:strings.LastIndexByte(address, '@')+1]
	return !strings.ContainsFunc(local, func(r rune) bool { return r >= utf8.RuneSelf })
}

// claims are those of an ID token that the library does not read.
type claims struct {
	Subject         string
	AuthorizedParty string
	Email           string
	EmailVerified   verdict
	Name            string
	Phone           string
}

// UnmarshalJSON reads the claims by their exact names. A struct's fields would match in any case, so that a claim "Email", which a provider
// may let people choose, could take the place of the one that it vouches for.
func (c *claims) UnmarshalJSON(raw []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	for name, claim := range map[string]any{
		"sub": &c.Subject, "azp": &c.AuthorizedParty, "email": &c.Email, "email_verified": &c.EmailVerified,
		"name": &c.Name, "phone_number": &c.Phone,
	} {
		value, has := all[name]
		if !has {
			continue
		}
		if err := json.Unmarshal(value, claim); err != nil {
			return err
		}
	}
	return nil
}

// verdict is what a token says about the address: yes, no or nothing.
type verdict string

const (
	verdictYes verdict = "true"
	verdictNo  verdict = "false"
)

// UnmarshalJSON reads a boolean, which some providers send as a text.
func (v *verdict) UnmarshalJSON(raw []byte) error {
	var said any
	if err := json.Unmarshal(raw, &said); err != nil {
		return err
	}
	switch said {
	case true, "true":
		*v = verdictYes
	case nil:
		*v = ""
	default:
		*v = verdictNo
	}
	return nil
}

// isOurs refuses a token that was made for another sign-in or client. The library has checked its signature, issuer, audience and times.
func (p Provider) isOurs(token *oidc.IDToken, c claims, nonce string) error {
	switch {
	case nonce == "" || token.Nonce != nonce:
		return fmt.Errorf("%w: it was made for another sign-in", ErrToken)
	case token.Subject == "" || utf8.RuneCountInString(token.Subject) > maxClaim:
		return fmt.Errorf("%w: it names nobody", ErrToken)
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.ClientID, c.AuthorizedParty == "" && len(token.Audience) > 1:
		return fmt.Errorf("%w: it was made for another client", ErrToken)
	}
	return nil
}

// identify returns who has signed in, by the token and what the provider says of the person. With ErrDomain, it returns the address alone,
// for the page that says so.
func (p Provider) identify(token *oidc.IDToken, c claims) (Identity, error) {
	switch {
	case c.Email == "" || !emailaddr.Valid(c.Email):
		return Identity{}, fmt.Errorf("%w: neither the ID token nor the userinfo of %s has an address in \"email\": have the provider "+
			"give it to the client %q with the scope email", ErrUnverified, p.IssuerURL, p.ClientID)
	case c.EmailVerified == "" && p.EmailVerified != EmailVerifiedAssumed:
		return Identity{}, fmt.Errorf("%w: %s says nothing in \"email_verified\": have it say so, or, if it proves every address, set "+
			"emailVerified to %s together with allowedDomains", ErrUnverified, p.IssuerURL, EmailVerifiedAssumed)
	case c.EmailVerified == verdictNo:
		return Identity{}, fmt.Errorf("%w: %s says \"email_verified\": false", ErrUnverified, p.IssuerURL)
	case !p.Allows(c.Email):
		return Identity{Email: c.Email}, ErrDomain
	}
	i := Identity{
		Provider: p.IssuerURL, Subject: token.Subject, Organization: p.Organization, Email: c.Email, Time: token.IssuedAt,
		Name: short(c.Name), Phone: short(c.Phone),
	}
	return i, nil
}

// short returns a claim, or nothing if it is too long to be one.
func short(claim string) string {
	if utf8.RuneCountInString(claim) > maxClaim || !utf8.ValidString(claim) {
		return ""
	}
	return claim
}
