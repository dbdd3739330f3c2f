// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	kube "sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// ClusterLinks is Links on the cluster: it finds invitations in the cache, reads them from the API server, and moves
// them by their status.
type ClusterLinks struct {
	// Client reads from the cache and writes status.
	Client kube.Client
	// Live reads from the API server: a page never shows less than the form before it has done.
	Live kube.Reader
	// Keys verify links.
	Keys *linktoken.KeyRing
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	// Now is the clock.
	Now func() time.Time
}

var _ Links = (*ClusterLinks)(nil)

func (l *ClusterLinks) cache() lookup.Reader { return lookup.New(l.Client, effective.IntakeDomains{}) }

func (l *ClusterLinks) api() lookup.APIReader { return lookup.NewAPIReader(l.Live) }

// Open tells where a token leads.
func (l *ClusterLinks) Open(ctx context.Context, purpose Purpose, token string) (*Link, error) {
	p, err := l.find(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	if err := status.Read(ctx, l.Live, kube.ObjectKeyFromObject(p.host), p.host); err != nil {
		return nil, gone(err)
	}
	return l.show(ctx, p, purpose)
}

// Register accepts the invitation; without a second mail where the organization asks for none.
func (l *ClusterLinks) Register(ctx context.Context, token string, r v1alpha1.Registration) (*Link, error) {
	return l.move(ctx, linktoken.PurposeInvite, token, func(p *place, o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
		event := onboarding.EventAccept
		if effective.ConfirmationNeeded(p.organization) {
			event = onboarding.EventRegister
		}
		if o.State == v1alpha1.RecipientInvited && !p.authorized {
			return revoke(o, s)
		}
		moved := onboarding.Apply(o, event, s)
		if moved {
			o.Registration = &r
		}
		return moved
	})
}

// Decline says no.
func (l *ClusterLinks) Decline(ctx context.Context, token string) (*Link, error) {
	return l.move(ctx, linktoken.PurposeInvite, token, func(_ *place, o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
		return onboarding.Apply(o, onboarding.EventDecline, s)
	})
}

// Confirm confirms the address.
func (l *ClusterLinks) Confirm(ctx context.Context, token string) (*Link, error) {
	return l.move(ctx, linktoken.PurposeConfirm, token, func(p *place, o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
		if o.State == v1alpha1.RecipientRegistered && !p.authorized {
			return revoke(o, s)
		}
		return onboarding.Apply(o, onboarding.EventConfirm, s)
	})
}

// revoke takes an invitation back whose inviter may no longer give what it gives.
func revoke(o *v1alpha1.OnboardingStatus, s onboarding.Subject) bool {
	s.Reason = v1alpha1.RevokedInviterUnauthorized
	return onboarding.Apply(o, onboarding.EventRevoke, s)
}

// move changes a person's state under the resource version that was read past the cache: of two forms sent at the same
// time, one wins and the other sees it.
func (l *ClusterLinks) move(ctx context.Context, purpose Purpose, token string,
	change func(*place, *v1alpha1.OnboardingStatus, onboarding.Subject) bool,
) (*Link, error) {
	p, err := l.find(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	err = status.Amend(ctx, l.Live, l.Client, p.host, func() error {
		onboarding, email := p.onboarding()
		if err := l.usable(p, onboarding); err != nil {
			return err
		}
		if !change(p, onboarding, l.subject(p, email)) {
			return ErrUsed
		}
		return nil
	})
	if err != nil {
		return nil, gone(err)
	}
	return l.show(ctx, p, purpose)
}

func (l *ClusterLinks) subject(p *place, email string) onboarding.Subject {
	return onboarding.Subject{
		UID: p.host.GetUID(), Email: email, Now: l.Now(), MailDomain: l.MailDomain,
		Validity: effective.ValidityOf(p.organization),
	}
}

// find verifies the token before anything is looked up for it.
func (l *ClusterLinks) find(ctx context.Context, purpose Purpose, token string) (*place, error) {
	claims, err := l.Keys.Verify(purpose, token)
	if err != nil {
		return nil, ErrUnknown
	}
	found, err := l.cache().OnboardingHost(ctx, claims.UID)
	if err != nil {
		return nil, err
	}
	host, ok := found.(status.Object)
	if !ok {
		return nil, ErrRevoked // it was ours, and what it was for is gone
	}
	organization, err := l.cache().Organization(ctx, host.GetNamespace())
	if err != nil {
		return nil, err
	}
	if organization == nil || !organization.DeletionTimestamp.IsZero() {
		return nil, ErrRevoked
	}
	authorized, err := l.authorized(ctx, host)
	return &place{claims: claims, host: host, organization: organization, authorized: authorized}, err
}

// authorized looks at the inviter's role as it is in force, past the cache: a role that was taken away grants nothing.
func (l *ClusterLinks) authorized(ctx context.Context, host status.Object) (bool, error) {
	i, ok := host.(*v1alpha1.Invitation)
	if !ok {
		return true, nil
	}
	return l.api().InviterAuthorized(ctx, l.cache(), i)
}

func gone(err error) error {
	if apierrors.IsNotFound(err) {
		return ErrRevoked
	}
	return err
}

// usable tells why a link cannot be used; nil: it can, as far as the person's state allows.
func (l *ClusterLinks) usable(p *place, o *v1alpha1.OnboardingStatus) error {
	switch {
	case o == nil || !p.host.GetDeletionTimestamp().IsZero() || o.SendCount != p.claims.SendCount:
		return ErrRevoked
	case o.State == v1alpha1.RecipientExpired || onboarding.Expired(o, l.Now()):
		return ErrExpired
	case o.State == v1alpha1.RecipientRevoked:
		return ErrRevoked
	case o.State == v1alpha1.RecipientDeclined:
		return ErrDeclined
	}
	return nil
}

// show gives what a page shows. The person's language goes along with a link that cannot be used any more.
func (l *ClusterLinks) show(ctx context.Context, p *place, purpose Purpose) (*Link, error) {
	onboarding, email := p.onboarding()
	err := l.meet(ctx, p, email)
	if err != nil {
		return nil, err
	}
	p.workspaces, err = l.cache().WorkspacesForGrants(ctx, p.host.GetNamespace(), p.grants())
	if err != nil {
		return nil, err
	}
	err = l.usable(p, onboarding)
	if err == nil && p.left(onboarding) {
		err = ErrRevoked
	}
	if err != nil {
		return &Link{Organization: effective.OrganizationTitle(p.organization), Language: p.language(onboarding)}, err
	}
	link := &Link{
		State:             onboarding.State,
		Email:             email,
		Username:          email,
		Organization:      effective.OrganizationTitle(p.organization),
		Language:          p.language(onboarding),
		Location:          effective.LocationOf(p.organization),
		NeedsConfirmation: effective.ConfirmationNeeded(p.organization),
		Registration:      v1alpha1.Registration{DisplayName: v1alpha1.DisplayName(emailaddr.DisplayName(email))},
	}
	if onboarding.ExpirationTime != nil {
		link.ExpirationTime = onboarding.ExpirationTime.Time
	}
	if onboarding.Registration != nil {
		link.Registration = *onboarding.Registration
	}
	if err := l.describe(ctx, p, link); err != nil {
		return nil, err
	}
	if purpose == linktoken.PurposeConfirm && onboarding.State == v1alpha1.RecipientInvited {
		return link, ErrUsed // sent again in the meantime: the way starts anew with the newest mail
	}
	return link, nil
}

// meet finds the account of somebody who has accepted an Invitation. One that the cache does not know may be too new for it.
func (l *ClusterLinks) meet(ctx context.Context, p *place, email string) error {
	i, is := p.host.(*v1alpha1.Invitation)
	if !is {
		return nil
	}
	recipient := lookup.Recipient(i, email)
	if recipient == nil || recipient.State != v1alpha1.RecipientActive {
		return nil
	}
	var err error
	if p.account, err = l.cache().User(ctx, i.Namespace, recipient.User); p.account == nil && err == nil {
		p.account, err = l.api().User(ctx, i.Namespace, recipient.User)
	}
	return err
}

// describe adds what the person is invited to.
func (l *ClusterLinks) describe(ctx context.Context, p *place, link *Link) error {
	var err error
	switch host := p.host.(type) {
	case *v1alpha1.Invitation:
		link.Role, link.Message = host.Spec.Role, host.Spec.Message
		if link.Inviter, err = l.cache().InviterName(ctx, host.Namespace, host.Spec.InvitedBy); err != nil {
			return err
		}
		if p.account != nil {
			link.Role, link.Username = p.account.Spec.Role, effective.UsernameOf(p.account)
		}
		err = l.prefill(ctx, host, link)
	case *v1alpha1.OrgUser:
		link.Role = host.Spec.Role
		link.Username, link.NameGiven = effective.UsernameOf(host), host.Spec.DisplayName != ""
		link.Registration.DisplayName = v1alpha1.DisplayName(effective.DisplayNameOf(host, &link.Registration))
	}
	link.Namespace = p.host.GetNamespace()
	for _, grant := range p.grants() {
		link.Workspaces = append(link.Workspaces, p.workspace(grant))
	}
	return err
}

// prefill puts the name by which the person was invited into the form.
func (l *ClusterLinks) prefill(ctx context.Context, i *v1alpha1.Invitation, link *Link) error {
	recipient := lookup.Recipient(i, link.Email)
	if recipient == nil || recipient.User == "" {
		return nil
	}
	user, err := l.cache().User(ctx, i.Namespace, recipient.User)
	if user != nil {
		link.Registration.DisplayName = v1alpha1.DisplayName(effective.DisplayNameOf(user, &link.Registration))
		link.NameGiven = user.Spec.DisplayName != ""
	}
	return err
}
