// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/onboarding"
)

// ensureUser returns the OrgUser that has the recipient's address. If there is none, or only a provisional one, it creates or adopts
// a pending user (ORG-22), unless the invitation of the recipient has ended and they are not invited again; nil: there is no user.
func (r *Reconciler) ensureUser(ctx context.Context, s *scope, v invitee, resend bool) (*v1alpha1.OrgUser, error) {
	i, recipient := s.invitation, v.recipient
	account, err := r.accountOf(ctx, i.Namespace, recipient)
	ended := !onboarding.Open(recipient.State) && recipient.State != v1alpha1.RecipientRevoked
	switch {
	case err != nil:
		return nil, err
	case account != nil && !effective.IsProvisional(account), ended && !resend:
		return account, nil
	case account != nil:
		return r.adopt(ctx, i, account, v.addressee.Name)
	}
	user, created, err := r.createUser(ctx, i, string(recipient.Email), v.addressee.Name)
	if created && recipient.State != v1alpha1.RecipientPending && recipient.State != v1alpha1.RecipientRevoked {
		s.noteRecreated(user)
	}
	return user, err
}

// accountOf returns the OrgUser that has the recipient's address in force; nil: there is none.
func (r *Reconciler) accountOf(ctx context.Context, namespace string, recipient *v1alpha1.RecipientStatus,
) (*v1alpha1.OrgUser, error) {
	users, err := r.cache.UsersByEmail(ctx, namespace, string(recipient.Email))
	if err != nil || len(users) == 0 {
		return nil, err
	}
	return slices.MinFunc(users, effective.ByPrecedence), nil
}

// createUser creates a pending user, and reports whether it did. If there is already a user with the address, which the cache does not
// show yet, createUser returns that one.
func (r *Reconciler) createUser(ctx context.Context, i *v1alpha1.Invitation, email, name string,
) (user *v1alpha1.OrgUser, created bool, err error) {
	user, created, err = account.Create(ctx, r.client, r.api, pendingUser(i, email, name), nil)
	if err == nil && !created && effective.IsProvisional(user) {
		user, err = r.adopt(ctx, i, user, name)
	}
	return user, created, err
}

// adopt turns a provisional account into the pending user of an Invitation: a person who has written to the organization before is
// invited like anybody else. A display name that the account has stays (LMI-7).
func (r *Reconciler) adopt(ctx context.Context, i *v1alpha1.Invitation, account *v1alpha1.OrgUser, name string,
) (*v1alpha1.OrgUser, error) {
	live := &v1alpha1.OrgUser{}
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(account), live); err != nil {
		return nil, client.IgnoreNotFound(err) // its deletion leads to the next pass
	}
	if live.UID != account.UID || !effective.IsProvisional(live) {
		return live, nil
	}
	before := live.DeepCopy()
	delete(live.Labels, v1alpha1.LabelOrigin)
	live.Labels[v1alpha1.LabelInvitation] = i.Name
	if live.Spec.DisplayName != "" {
		name = string(live.Spec.DisplayName)
	}
	requested := pendingUser(i, string(live.Spec.Email), name).Spec
	copyFields(&live.Spec, &requested, followedFields...)
	live.Spec.Access, live.Spec.Onboarding = v1alpha1.AccessFull, requested.Onboarding
	return live, object.PatchMetadata(ctx, r.client, live, before)
}

// pendingUser returns the user that an Invitation creates for an address.
func pendingUser(i *v1alpha1.Invitation, email, name string) *v1alpha1.OrgUser {
	u := effective.InvitedUser(i, email)
	u.Finalizers, u.Spec.DisplayName = []string{v1alpha1.Finalizer}, v1alpha1.DisplayName(name)
	return u
}

// holderOf names the object that already invites a user, for status.recipients[].heldBy.
func holderOf(u *v1alpha1.OrgUser) string {
	if name := u.Labels[v1alpha1.LabelInvitation]; name != "" {
		return "Invitation/" + name
	}
	return "OrgUser/" + u.Name
}
