// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"cmp"
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/signin/providers"
	"github.com/usher-operator/usher/internal/status"
)

// ClusterLinks implements Links on a cluster: it finds invitations in the cache, reads them from the API server, and changes
// nothing but their status.
type ClusterLinks struct {
	// Client writes status.
	Client client.Client
	// Cache finds what a link leads to.
	Cache lookup.Reader
	// API reads past the cache: a page never shows an earlier state than the form before it has written.
	API lookup.APIReader
	// Keys verify links.
	Keys *linktoken.KeyRing
	// MailDomain is the right-hand side of Message-IDs.
	MailDomain string
	// SignInURL is where people sign in; empty: the welcome page has no link.
	SignInURL live.Value[string]
	// Kubeconfigs issues the kubeconfigs of those who are welcomed.
	Kubeconfigs kubeconfig.Issuer
	// Providers are those with whom people sign in.
	Providers providers.Set
	// Now is the clock.
	Now func() time.Time
}

var _ Links = (*ClusterLinks)(nil)

// Open returns what a token leads to.
func (l *ClusterLinks) Open(ctx context.Context, purpose Purpose, token string) (*Link, error) {
	t, err := l.find(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	if err := status.Read(ctx, l.API, client.ObjectKeyFromObject(t.host), t.host); err != nil {
		return nil, revokedIfNotFound(err)
	}
	return t.brand(l.link(ctx, t, purpose))
}

// Register accepts the invitation. If the organization does not require a second mail, the person is active at once.
func (l *ClusterLinks) Register(ctx context.Context, token string, r v1alpha1.Registration) (*Link, error) {
	return l.transition(ctx, linktoken.PurposeInvite, token, func(t *linkTarget, o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
		event := onboarding.EventAccept
		if effective.ConfirmationNeeded(t.organization) {
			event = onboarding.EventRegister
		}
		if o.State == v1alpha1.RecipientInvited && !t.authorized {
			return revoke(o, s)
		}
		changed := onboarding.Apply(o, event, s)
		if changed {
			o.Registration = &r
		}
		return changed
	})
}

// Decline declines the invitation.
func (l *ClusterLinks) Decline(ctx context.Context, token string) (*Link, error) {
	return l.transition(ctx, linktoken.PurposeInvite, token, func(_ *linkTarget, o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
		return onboarding.Apply(o, onboarding.EventDecline, s)
	})
}

// Reconsider takes a decline back. Of two forms that are sent, the second one changes nothing.
func (l *ClusterLinks) Reconsider(ctx context.Context, token string) (*Link, error) {
	return l.amend(ctx, linktoken.PurposeInvite, token, func(t *linkTarget, o *v1alpha1.OnboardingStatus, s onboarding.Subject) error {
		switch err := l.checkUsable(t, o); {
		case !errors.Is(err, ErrDeclined):
			return err
		case !l.canReconsider(t, o), !onboarding.Apply(o, onboarding.EventReconsider, s):
			return ErrDeclined
		}
		return nil
	})
}

// canReconsider reports whether a person can take a decline back. Nobody could accept what the inviter may no longer grant.
func (l *ClusterLinks) canReconsider(t *linkTarget, o *v1alpha1.OnboardingStatus) bool {
	return t.authorized && onboarding.CanReconsider(o, l.Now())
}

// Confirm confirms the address.
func (l *ClusterLinks) Confirm(ctx context.Context, token string) (*Link, error) {
	return l.transition(ctx, linktoken.PurposeConfirm, token, func(t *linkTarget, o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
		if o.State == v1alpha1.RecipientRegistered && !t.authorized {
			return revoke(o, s)
		}
		return onboarding.Apply(o, onboarding.EventConfirm, s)
	})
}

// revoke revokes an invitation whose inviter may no longer grant what it grants.
func revoke(o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
	s.Reason = v1alpha1.RevokedInviterUnauthorized
	return onboarding.Apply(o, onboarding.EventRevoke, s)
}

// transition changes the state of a person whose link can be used.
func (l *ClusterLinks) transition(ctx context.Context, purpose Purpose, token string,
	change func(*linkTarget, *v1alpha1.OnboardingStatus, onboarding.Subject) bool,
) (*Link, error) {
	return l.amend(ctx, purpose, token, func(t *linkTarget, o *v1alpha1.OnboardingStatus, s onboarding.Subject) error {
		if err := l.checkUsable(t, o); err != nil {
			return err
		}
		if !change(t, o, s) {
			return ErrUsed
		}
		return nil
	})
}

// amend changes a person's state under the resource version that was read past the cache: of two forms that are sent at the same time,
// one wins and the other sees its result.
func (l *ClusterLinks) amend(ctx context.Context, purpose Purpose, token string,
	change func(*linkTarget, *v1alpha1.OnboardingStatus, onboarding.Subject) error,
) (*Link, error) {
	t, err := l.find(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	err = status.Amend(ctx, l.API, l.Client, t.host, func() error {
		o, email := t.onboarding()
		return change(t, o, l.subject(t, email))
	})
	if err != nil {
		return nil, revokedIfNotFound(err)
	}
	return t.brand(l.link(ctx, t, purpose))
}

func (l *ClusterLinks) subject(t *linkTarget, email string) onboarding.Subject {
	return onboarding.Subject{
		UID: effective.UIDOf(t.host), Email: email, Now: l.Now(), MailDomain: l.MailDomain,
		Validity: effective.ValidityOf(t.organization),
	}
}

// find returns the target of a link. It verifies the token before it looks anything up.
func (l *ClusterLinks) find(ctx context.Context, purpose Purpose, token string) (*linkTarget, error) {
	claims, err := l.Keys.Verify(purpose, token)
	if err != nil {
		return nil, refusalOf(err)
	}
	found, err := l.Cache.OnboardingHost(ctx, claims.UID)
	if err != nil {
		return nil, err
	}
	host, ok := found.(host)
	if !ok {
		return nil, ErrRevoked // the token is valid, but its object has been deleted
	}
	if held, err := l.Cache.Held(ctx, l.API, host.GetNamespace(), false); held || err != nil {
		return nil, cmp.Or(err, ErrPaused)
	}
	organization, err := l.Cache.Organization(ctx, host.GetNamespace())
	if err != nil {
		return nil, err
	}
	if organization == nil || !organization.DeletionTimestamp.IsZero() {
		return nil, ErrRevoked
	}
	authorized, err := l.inviterAuthorized(ctx, host)
	return &linkTarget{claims: claims, host: host, organization: organization, authorized: authorized}, err
}

// inviterAuthorized reports whether the inviter may still grant what the invitation grants. It reads the inviter's role in
// force past the cache, so that a role that has just been removed grants nothing. A user who is declared without an Invitation
// has no inviter.
func (l *ClusterLinks) inviterAuthorized(ctx context.Context, host host) (bool, error) {
	i, ok := host.(*v1alpha1.Invitation)
	if !ok {
		return true, nil
	}
	return l.API.InviterAuthorized(ctx, l.Cache, i)
}

func revokedIfNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return ErrRevoked
	}
	return err
}

// checkUsable returns why a link cannot be used, or nil if it can, as far as the person's state allows.
func (l *ClusterLinks) checkUsable(t *linkTarget, o *v1alpha1.OnboardingStatus) error {
	switch {
	case o == nil || !t.host.GetDeletionTimestamp().IsZero(),
		effective.UIDOf(t.host) != t.claims.UID: // another object that has the name by now
		return ErrRevoked
	case o.SendCount != t.claims.SendCount:
		return replacedOrRevoked(o, t.claims.SendCount)
	case o.State == v1alpha1.RecipientExpired || onboarding.Expired(o, l.Now()):
		return ErrExpired
	case o.State == v1alpha1.RecipientRevoked:
		return ErrRevoked
	case o.State == v1alpha1.RecipientDeclined:
		return ErrDeclined
	}
	return nil
}

// replacedOrRevoked returns why a link with another send count than the newest one cannot be used.
func replacedOrRevoked(o *v1alpha1.OnboardingStatus, sendCount int32) error {
	if sendCount < 1 || sendCount > o.SendCount || o.State == v1alpha1.RecipientRevoked || o.State == v1alpha1.RecipientPending {
		return ErrRevoked
	}
	return ErrReplaced
}
