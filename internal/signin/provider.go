// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package signin lets people sign in with an OpenID provider: authorization code with PKCE, state and nonce. What a person has to prove is
// one address; what is left of it is an encrypted note in their browser, so any replica can go on where another one began.
//
// The package knows nothing of Kubernetes.
package signin

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// EmailVerified is whether tokens must say that the provider has verified the address.
type EmailVerified string

const (
	// EmailVerifiedRequired takes an address only if the token says that it is verified.
	EmailVerifiedRequired EmailVerified = "Required"
	// EmailVerifiedAssumed also takes an address of which the token does not say so. One of which it says that it is not is refused.
	EmailVerifiedAssumed EmailVerified = "Assumed"
)

// Provider is an OpenID provider, and the portal as its client.
type Provider struct {
	// IssuerURL is the provider, exactly as its tokens name it; empty: there is none.
	IssuerURL string
	// ClientID is the name by which the provider knows the portal.
	ClientID string
	// ClientSecretFile contains the portal's secret; empty: the portal is a public client. It is read at each exchange, so a changed Secret
	// needs no restart.
	ClientSecretFile string
	// CAFile contains the authorities of the provider's certificate; empty: those of the system.
	CAFile string
	// Scopes are what the provider is asked for; empty: openid, email and profile.
	Scopes []string
	// DisplayName is what people know the provider by; empty: its host.
	DisplayName string
	// AllowedDomains are the mail domains whose addresses the provider vouches for; empty: all.
	AllowedDomains []string
	// EmailVerified is whether tokens must say that the address is verified; empty: they must.
	EmailVerified EmailVerified
	// Organization is the namespace of the organization whose own provider this is; empty: it is the platform's. What an organization has
	// chosen is reached only where the platform allows it.
	Organization string
}

// Title returns what people know the provider by.
func (p Provider) Title() string { return cmp.Or(p.DisplayName, hostOf(p.IssuerURL)) }

// IsOf reports whether somebody has signed in with this provider.
func (p Provider) IsOf(i Identity) bool {
	return p.IssuerURL != "" && i.Provider == p.IssuerURL && i.Organization == p.Organization
}

// Allows reports whether the provider vouches for addresses of this one's domain.
func (p Provider) Allows(address string) bool {
	domain := domainOf(address)
	return len(p.AllowedDomains) == 0 ||
		slices.ContainsFunc(p.AllowedDomains, func(allowed string) bool { return domainOf("x@"+allowed) == domain })
}

// Validate returns everything that is wrong with a provider. The errors name the fields as the configuration does.
func (p Provider) Validate() error {
	var wrong []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	if err := CheckIssuer(p.IssuerURL); err != nil {
		wrong = append(wrong, fmt.Errorf("issuerURL: %w", err))
	}
	require(p.ClientID != "", "clientID is missing: set it to the name by which the provider knows the portal")
	require(len(p.Scopes) == 0 || slices.Contains(p.Scopes, "openid") && slices.Contains(p.Scopes, "email"),
		"scopes must contain openid and email, so that tokens say who signs in")
	for _, domain := range p.AllowedDomains {
		require(emailaddr.Valid("x@"+domain), "allowedDomains: %q is not a mail domain such as acme.example", domain)
	}
	require(p.EmailVerified == "" || p.EmailVerified == EmailVerifiedRequired || p.EmailVerified == EmailVerifiedAssumed,
		"emailVerified %q must be %s or %s", p.EmailVerified, EmailVerifiedRequired, EmailVerifiedAssumed)
	return errors.Join(wrong...)
}

// CheckIssuer returns what is wrong with the URL of an issuer.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.ContainsFunc(issuer, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%q is not an issuer: write an absolute https URL such as https://login.acme.example, without a query", issuer)
	}
	return nil
}

// hostOf returns the host of an issuer.
func hostOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// domainOf returns the domain of an address, as in DNS.
func domainOf(address string) string {
	address = emailaddr.Normalize(address)
	return address[strings.LastIndexByte(address, '@')+1:]
}
