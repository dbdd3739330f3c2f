// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// resendFacts gathers what decides whether another mail can be sent to a user (WXP-7).
func (r Reader) resendFacts(ctx context.Context, o *v1alpha1.Organization, u *v1alpha1.OrgUser) (authz.ResendFacts, error) {
	address := effective.UserFacts{User: u, Organization: o}
	if err := r.addressFacts(ctx, &address); err != nil {
		return authz.ResendFacts{}, err
	}
	facts := authz.ResendFacts{AddressOwner: address.AddressOwner}
	name := u.Labels[v1alpha1.LabelInvitation]
	if name == "" || effective.IsAccepted(u) {
		return facts, nil
	}
	i, err := r.Invitation(ctx, u.Namespace, name)
	if err != nil || i == nil {
		return facts, err
	}
	facts.Inviter, facts.Recipient = string(i.Spec.InvitedBy), inviteeOf(i, u)
	facts.Authorized, err = r.InviterAuthorized(ctx, i)
	return facts, err
}

// inviteeOf returns the recipient of an Invitation for whom a pending user was created; nil: the Invitation does not name the person. The
// user is created before the status says so.
func inviteeOf(i *v1alpha1.Invitation, u *v1alpha1.OrgUser) *v1alpha1.RecipientStatus {
	email := string(effective.EmailOf(u))
	people, err := emailaddr.ParseList(i.Spec.Emails)
	named := slices.ContainsFunc(people, func(p emailaddr.Addressee) bool { return emailaddr.Same(p.Email, email) })
	if err != nil || !named || !i.DeletionTimestamp.IsZero() {
		return nil
	}
	if recipient := Recipient(i, email); recipient != nil {
		return recipient
	}
	return &v1alpha1.RecipientStatus{OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending}}
}
