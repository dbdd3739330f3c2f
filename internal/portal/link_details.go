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

// link returns what a page shows. With an error that says why the link cannot be used, it returns the organization, the person's
// language and whom to ask.
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
	contact, failed := l.Cache.ContactFor(ctx, t.organization, t.inviterToAsk(), email)
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return l.unusable(t, onboarding, contact), err
	}
	link := &Link{
		State:             onboarding.State,
		Email:             email,
		Username:          l.Cache.Usernames().ForAddress(email),
		Organization:      effective.OrganizationTitle(t.organization),
		Language:          t.language(onboarding),
		Location:          effective.LocationOf(t.organization),
		Contact:           contact,
		SignInURL:         l.SignInURL.Load(),
		NeedsConfirmation: effective.ConfirmationNeeded(t.organization),
		Registration:      v1alpha1.Registration{DisplayName: v1alpha1.DisplayName(emailaddr.FormOfAddress(emailaddr.DisplayName(email)))},
	}
	switch onboarding.State {
	case v1alpha1.RecipientInvited, v1alpha1.RecipientRegistered:
		link.Provider = l.Providers.For(t.organization, email)
	case v1alpha1.RecipientActive:
		link.AccountPath = l.Providers.AccountPathFor(t.organization, email)
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
	if err := l.addKubeconfigs(link); err != nil {
		return nil, err
	}
	if purpose == linktoken.PurposeConfirm && onboarding.State == v1alpha1.RecipientInvited {
		return link, ErrUsed // sent again in the meantime: the person starts over with the newest mail
	}
	return link, nil
}

// addKubeconfigs adds the kubeconfigs of a person who has access.
func (l *ClusterLinks) addKubeconfigs(link *Link) error {
	if link.State != v1alpha1.RecipientActive || !link.signsIn() {
		return nil
	}
	var spaces []string
	for _, w := range link.Workspaces {
		if w.Namespace != "" && !w.NotReady {
			spaces = append(spaces, w.Namespace)
		}
	}
	var err error
	link.Kubeconfigs, err = l.Kubeconfigs.Issue(link.Username, link.Namespace, spaces)
	return err
}

// unusable returns what the page of a link that cannot be used shows. It repeats nothing that the invitation grants.
func (l *ClusterLinks) unusable(t *linkTarget, o *v1alpha1.OnboardingStatus, contact lookup.Contact) *Link {
	link := &Link{
		Organization: effective.OrganizationTitle(t.organization), Language: t.language(o), Location: effective.LocationOf(t.organization),
		Contact: contact,
	}
	if o == nil || o.SendCount != t.claims.SendCount {
		return link
	}
	link.RevocationReason, link.CanReconsider = o.RevocationReason, l.canReconsider(t, o)
	if t.hasLeft(o) {
		link.RevocationReason = v1alpha1.RevokedAccountRemoved
	}
	if o.ExpirationTime != nil {
		link.ExpirationTime = o.ExpirationTime.Time
	}
	return link
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
	link.Namespace = t.host.GetNamespace()
	var outlook effective.Outlook
	var err error
	switch host := t.host.(type) {
	case *v1alpha1.Invitation:
		outlook, err = l.addInvitation(ctx, t, host, link)
	case *v1alpha1.OrgUser:
		link.Message = host.Spec.Message
		if link.Inviter, err = l.Cache.InviterOf(ctx, host); err != nil {
			return err
		}
		link.User = host.Name
		link.Username, link.NameGiven = l.Cache.Usernames().Of(host), host.Spec.DisplayName != ""
		link.Registration.DisplayName = prefilledName(host, link)
		outlook, err = l.Cache.Outlook(ctx, host)
	}
	link.addOutlook(outlook)
	return err
}

// addInvitation adds what an Invitation and the person's account say, which is pending until the person accepts.
func (l *ClusterLinks) addInvitation(ctx context.Context, t *linkTarget, i *v1alpha1.Invitation, link *Link) (effective.Outlook, error) {
	link.Message = i.Spec.Message
	var err error
	if link.Inviter, err = l.Cache.InviterName(ctx, i.Namespace, i.Spec.InvitedBy); err != nil {
		return effective.Outlook{}, err
	}
	account := t.account
	if account != nil {
		link.Username = l.Cache.Usernames().Of(account)
	} else if recipient := lookup.Recipient(i, link.Email); recipient != nil {
		if account, err = l.Cache.AccountOf(ctx, i.Namespace, recipient); err != nil {
			return effective.Outlook{}, err
		}
	}
	if account != nil {
		link.User = account.Name
		link.NameGiven = account.Spec.DisplayName != ""
		link.Registration.DisplayName = prefilledName(account, link)
	}
	if account == nil {
		account = effective.InvitedUser(i, link.Email)
	}
	return l.Cache.Outlook(ctx, account)
}

// addOutlook adds what the person has, or gets on accepting. Until then, a workspace has time to become ready.
func (k *Link) addOutlook(o effective.Outlook) {
	k.Role, k.Standing, k.Modules, k.AwaitingSeats = o.Role, o.Standing, o.Modules, o.AwaitingSeats
	accepted := k.State == v1alpha1.RecipientActive
	var shown []effective.WorkspaceOutlook
	shown, k.MoreWorkspaces = o.Shown()
	for _, w := range shown {
		k.Workspaces = append(k.Workspaces, Workspace{
			Title: w.Title, Access: w.Access, Namespace: w.Namespace, NotReady: accepted && !w.Ready(),
		})
	}
}

// prefilledName returns the name that the form suggests. One that the organization has declared is shown as it is.
func prefilledName(u *v1alpha1.OrgUser, link *Link) v1alpha1.DisplayName {
	if link.NameGiven {
		return u.Spec.DisplayName
	}
	return v1alpha1.DisplayName(effective.FormOfAddressOf(u, &link.Registration))
}
