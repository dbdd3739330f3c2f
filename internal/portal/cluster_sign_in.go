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
		if p := l.providerFor(t, s.Email); !p.IsOf(who) || !who.Has(s.Email) {
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

// providerFor returns with whom the person of a link can sign in: the organization's own provider, if it has one, or the platform's. One
// that does not vouch for the address is of no use to them.
func (l *ClusterLinks) providerFor(t *linkTarget, email string) signin.Provider {
	p := l.SignIn
	if own := t.organization.Spec.SignIn; own != nil {
		p = ownProvider(t.organization.Namespace, own, l.SignIn.CAFile)
		if !l.Issuers.Allow(p.Organization, p.IssuerURL) {
			return signin.Provider{}
		}
	}
	if p.IssuerURL == "" || !p.Allows(email) {
		return signin.Provider{}
	}
	return p
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
