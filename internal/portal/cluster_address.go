// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// OpenAddress implements Links.
func (l *ClusterLinks) OpenAddress(ctx context.Context, token string) (*Link, error) {
	t, user, err := l.findUser(ctx, linktoken.PurposeAddress, token)
	if err != nil {
		return nil, err
	}
	if err := status.Read(ctx, l.API, client.ObjectKeyFromObject(user), user); err != nil {
		return nil, revokedIfNotFound(err)
	}
	return l.addressLink(t, user)
}

// ConfirmAddress implements Links. It only notes that the person has confirmed: the controller puts the address in force, unless another
// account has it.
func (l *ClusterLinks) ConfirmAddress(ctx context.Context, token string) (*Link, error) {
	t, user, err := l.findUser(ctx, linktoken.PurposeAddress, token)
	if err != nil {
		return nil, err
	}
	var link *Link
	err = status.Amend(ctx, l.API, l.Client, user, func() error {
		var err error
		if link, err = l.addressLink(t, user); err != nil {
			return err
		}
		if c := user.Status.EmailChange; link.State == v1alpha1.RecipientRegistered {
			c.ConfirmationTime, c.ExpirationTime = new(metav1.NewTime(l.Now())), nil
			link.State = v1alpha1.RecipientActive
		}
		return nil
	})
	return link, revokedIfNotFound(err)
}

// findUser returns the account that a link of its own is about, which no Invitation is.
func (l *ClusterLinks) findUser(ctx context.Context, purpose Purpose, token string) (*linkTarget, *v1alpha1.OrgUser, error) {
	t, err := l.find(ctx, purpose, token)
	if err != nil {
		return nil, nil, err
	}
	user, is := t.host.(*v1alpha1.OrgUser)
	if !is {
		return nil, nil, ErrUnknown
	}
	return t, user, nil
}

// addressLink returns what the page shows: the new address, Registered while it is to be confirmed and Active once it is. A link of a
// change that was cancelled or requested anew is revoked.
func (l *ClusterLinks) addressLink(t *linkTarget, user *v1alpha1.OrgUser) (*Link, error) {
	link := &Link{
		State: v1alpha1.RecipientActive, Email: string(user.Spec.Email), Namespace: user.Namespace,
		Organization: effective.OrganizationTitle(t.organization), Branding: brandingOf(t.organization),
		Language: t.language(&v1alpha1.OnboardingStatus{
			Registration: user.Status.Registration,
		}),
		Location: effective.LocationOf(t.organization),
	}
	if !user.DeletionTimestamp.IsZero() || !t.claims.IsFor(link.Email) {
		return link, ErrRevoked
	}
	if !effective.ChangesEmail(user) {
		if effective.IsAccepted(user) && len(user.Status.FormerEmails) > 0 {
			return link, nil
		}
		return link, ErrRevoked
	}
	c := user.Status.EmailChange
	awaited := onboarding.ConfirmationOf(c)
	switch {
	case c == nil || int32(c.Generation) != t.claims.SendCount: //nolint:gosec // a bit pattern, compared as such
		return link, ErrRevoked
	case awaited == nil:
		return link, nil
	case onboarding.Expired(awaited, l.Now()):
		return link, ErrExpired
	}
	link.State, link.ExpirationTime = v1alpha1.RecipientRegistered, awaited.ExpirationTime.Time
	return link, nil
}
