// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package providers says with which provider people sign in: their organization's own or the platform's.
package providers

import (
	"net/url"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/signin"
)

// AccountPath is the path of people's own pages on the portal.
const AccountPath = "/account"

// Set is every provider that there is. The zero value has none.
type Set struct {
	// Platform is the platform's provider; without an issuer: there is none.
	Platform signin.Provider
	// Issuers are the hosts at which organizations may have providers of their own.
	Issuers effective.Issuers
}

// For returns with whom somebody with an address can sign in to an organization; without an issuer: with nobody. A provider that does not
// vouch for the address is of no use to them.
func (s Set) For(o *v1alpha1.Organization, email string) signin.Provider {
	p := s.Of(o)
	if p.IssuerURL == "" || !p.Allows(email) {
		return signin.Provider{}
	}
	return p
}

// Of returns an organization's own provider, if it has one, or the platform's. One that the platform does not allow is none.
func (s Set) Of(o *v1alpha1.Organization) signin.Provider {
	own := o.Spec.SignIn
	if own == nil {
		return s.Platform
	}
	if !s.Issuers.Allow(o.Namespace, own.IssuerURL) {
		return signin.Provider{}
	}
	return ownProvider(o.Namespace, own, s.Platform.CAFile)
}

// AccountPathFor returns the path, with its query, at which somebody with an address signs in to their own page; empty: they have none.
func (s Set) AccountPathFor(o *v1alpha1.Organization, email string) string {
	switch p := s.For(o, email); {
	case p.IssuerURL == "":
		return ""
	case p.Organization != "":
		return AccountPath + "?organization=" + url.QueryEscape(p.Organization)
	default:
		return AccountPath
	}
}

// ownProvider returns an organization's own provider. The portal is a public client of it: it may read none of the organization's Secrets.
func ownProvider(namespace string, own *v1alpha1.OrganizationSignIn, caFile string) signin.Provider {
	p := signin.Provider{
		CAFile: caFile, IssuerURL: own.IssuerURL, ClientID: own.ClientID, DisplayName: string(own.DisplayName), Organization: namespace,
		EmailVerified: signin.EmailVerified(own.EmailVerified),
	}
	for _, domain := range own.AllowedDomains {
		p.AllowedDomains = append(p.AllowedDomains, string(domain))
	}
	return p
}
