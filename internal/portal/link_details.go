// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
)

// link returns what a page shows. With an error that says why the link cannot be used, it returns the organization and the
// person's language.
func (l *ClusterLinks) link(ctx context.Context, t *linkTarget, purpose Purpose) (*Link, error) {
	onboarding, email := t.onboarding()
	err := l.loadAccount(ctx, t, email)
	if err != nil {
		return nil, err
	}
	t.workspaces, err = l.Cache.WorkspacesForGrants(ctx, t.host.GetNamespace(), t.grants())
	if err != nil {
		return nil, err
	}
	err = l.checkUsable(t, onboarding)
	if err == nil && t.hasLeft(onboarding) {
		err = ErrRevoked
	}
	if err != nil {
		return &Link{Organization: effective.OrganizationTitle(t.organization), Language: t.language(onboarding)}, err
	}
	link := &Link{
		State:             onboarding.State,
		Email:             email,
		Username:          l.Cache.Usernames().ForAddress(email),
		Organization:      effective.OrganizationTitle(t.organization),
		Language:          t.language(onboarding),
		Location:          effective.LocationOf(t.organization),
		NeedsConfirmation: effective.ConfirmationNeeded(t.organization),
		Registration:      v1alpha1.Registration{DisplayName: v1alpha1.DisplayName(emailaddr.DisplayName(email))},
	}
	if onboarding.ExpirationTime != nil {
		link.ExpirationTime = onboarding.ExpirationTime.Time
	}
	if onboarding.Registration != nil {
		link.Registration = *onboarding.Registration
	}
	if err := l.addGrants(ctx, t, link); err != nil {
		return nil, err
	}
	if purpose == linktoken.PurposeConfirm && onboarding.State == v1alpha1.RecipientInvited {
		return link, ErrUsed // sent again in the meantime: the person starts over with the newest mail
	}
	return link, nil
}

// loadAccount reads the account of a person who has accepted an Invitation. If the cache does not have it, it may be too new for
// the cache, so the API server is asked.
func (l *ClusterLinks) loadAccount(ctx context.Context, t *linkTarget, email string) error {
	i, is := t.host.(*v1alpha1.Invitation)
	if !is {
		return nil
	}
	recipient := lookup.Recipient(i, email)
	if recipient == nil || recipient.State != v1alpha1.RecipientActive {
		return nil
	}
	var err error
	if t.account, err = l.Cache.AccountOf(ctx, i.Namespace, recipient); t.account == nil && err == nil {
		t.account, err = l.API.AccountOf(ctx, i.Namespace, recipient)
	}
	return err
}

// addGrants adds who invites the person, and to what.
func (l *ClusterLinks) addGrants(ctx context.Context, t *linkTarget, link *Link) error {
	var err error
	switch host := t.host.(type) {
	case *v1alpha1.Invitation:
		link.Role, link.Message = host.Spec.Role, host.Spec.Message
		if link.Inviter, err = l.Cache.InviterName(ctx, host.Namespace, host.Spec.InvitedBy); err != nil {
			return err
		}
		if t.account != nil {
			link.Role, link.Username = t.account.Spec.Role, l.Cache.Usernames().Of(t.account)
		}
		err = l.prefillName(ctx, host, link)
	case *v1alpha1.OrgUser:
		link.Role = host.Spec.Role
		link.Username, link.NameGiven = l.Cache.Usernames().Of(host), host.Spec.DisplayName != ""
		link.Registration.DisplayName = v1alpha1.DisplayName(effective.DisplayNameOf(host, &link.Registration))
	}
	link.Namespace = t.host.GetNamespace()
	for _, grant := range t.grants() {
		link.Workspaces = append(link.Workspaces, t.workspace(grant))
	}
	return err
}

// prefillName fills the form with the name that the pending user has.
func (l *ClusterLinks) prefillName(ctx context.Context, i *v1alpha1.Invitation, link *Link) error {
	recipient := lookup.Recipient(i, link.Email)
	if recipient == nil {
		return nil
	}
	user, err := l.Cache.AccountOf(ctx, i.Namespace, recipient)
	if user != nil {
		link.Registration.DisplayName = v1alpha1.DisplayName(effective.DisplayNameOf(user, &link.Registration))
		link.NameGiven = user.Spec.DisplayName != ""
	}
	return err
}
