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
		if p := l.Providers.For(t.organization, s.Email); !p.IsOf(who) || !who.Has(s.Email) {
			return ErrOtherAddress
		}
		before := o.State
		if (before == v1alpha1.RecipientInvited || before == v1alpha1.RecipientRegistered) && !t.authorized {
			revoke(o, s)
			return nil
		}
		if !onboarding.Apply(o, onboarding.EventSignIn, s) {
			return ErrUsed
		}
		if before == v1alpha1.RecipientInvited {
			o.Registration = &r // who has registered before has entered it then
		}
		return nil
	})
}
