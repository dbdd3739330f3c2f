// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/signin"
)

// AcceptSignedIn implements Links. The page has looked at all of this before; what counts is what holds when the status is written.
func (l *ClusterLinks) AcceptSignedIn(ctx context.Context, token string, who signin.Identity, r v1alpha1.Registration) (*Link, error) {
	return l.amend(ctx, linktoken.PurposeInvite, token, func(t *linkTarget, o *v1alpha1.OnboardingStatus, s onboarding.Subject) error {
		if err := l.checkUsable(t, o); err != nil {
			return err
		}
		if p := l.providerFor(t.organization, s.Email); !p.IsOf(who) || !who.Has(s.Email) {
			return ErrOtherAddress
		}
		if o.State == v1alpha1.RecipientInvited && !t.authorized {
			revoke(o, s)
			return nil
		}
		if !onboarding.Apply(o, onboarding.EventSignIn, s) {
			return ErrUsed
		}
		o.Registration = &r
		return nil
	})
}

// providerFor returns with whom somebody with an address can sign in to an organization. A provider that does not vouch for the address is
// of no use to them.
func (l *ClusterLinks) providerFor(o *v1alpha1.Organization, email string) signin.Provider {
	p := l.providerOf(o)
	if p.IssuerURL == "" || !p.Allows(email) {
		return signin.Provider{}
	}
	return p
}

// providerOf returns an organization's own provider, if it has one, or the platform's. One that the platform does not allow is none.
func (l *ClusterLinks) providerOf(o *v1alpha1.Organization) signin.Provider {
	own := o.Spec.SignIn
	if own == nil {
		return l.SignIn
	}
	if !l.Issuers.Allow(o.Namespace, own.IssuerURL) {
		return signin.Provider{}
	}
	return ownProvider(o.Namespace, own, l.SignIn.CAFile)
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
