// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// UserFacts gathers what decides what of a user's spec is in force.
func (r Reader) UserFacts(ctx context.Context, user *v1alpha1.OrgUser) (effective.UserFacts, error) {
	facts := effective.UserFacts{User: user, Usernames: r.names, Appointing: r.appointing}
	var err error
	if facts.Organization, err = r.Organization(ctx, user.Namespace); err != nil {
		return facts, err
	}
	if facts.Onboarding, facts.InvitedBy, err = r.onboarding(ctx, user); err != nil {
		return facts, err
	}
	if facts.Organization != nil && (len(user.Spec.Modules) > 0 || effective.FromDirectory(user)) {
		if facts.ClusterRoles, err = r.ClusterRoles(ctx, facts.Organization); err != nil {
			return facts, err
		}
	}
	if err = r.access(ctx, &facts); err != nil {
		return facts, err
	}
	if err = r.addressFacts(ctx, &facts); err != nil {
		return facts, err
	}
	facts.UsernameOwner, err = r.usernameOwner(ctx, user, func(other *v1alpha1.OrgUser) bool {
		return effective.HandsOver(facts.Organization, other, user)
	})
	return facts, err
}

// onboarding returns the person's onboarding, with the inviter: that of the Invitation that the user was created for, else that of the
// user.
func (r Reader) onboarding(ctx context.Context, user *v1alpha1.OrgUser) (o *v1alpha1.OnboardingStatus, invitedBy string, err error) {
	name := user.Labels[v1alpha1.LabelInvitation]
	if name == "" {
		if user.Spec.Onboarding != v1alpha1.OnboardingNone {
			invitedBy = string(user.Spec.InvitedBy)
		}
		return user.Status.Onboarding, invitedBy, nil
	}
	inv, err := r.Invitation(ctx, user.Namespace, name)
	if err != nil || inv == nil {
		return nil, "", err
	}
	if recipient := Recipient(inv, string(effective.EmailOf(user))); recipient != nil && recipient.User == user.Name {
		o = &recipient.OnboardingStatus
	}
	return o, string(inv.Spec.InvitedBy), nil // the person may not be invited yet
}

// addressFacts adds who has the address in force before the user (ORG-28), and whether the user takes over from them.
func (r Reader) addressFacts(ctx context.Context, f *effective.UserFacts) error {
	same, err := r.UsersByAnyEmail(ctx, f.User.Namespace, effective.EmailOf(f.User))
	if err != nil {
		return err
	}
	owner := firstOther(same, f.User, ownsAddress, func(other *v1alpha1.OrgUser) bool {
		return effective.HandsOver(f.Organization, other, f.User)
	})
	if owner == nil {
		return nil
	}
	f.AddressOwner, f.OwnerLeaves = owner.Name, !owner.DeletionTimestamp.IsZero()
	if owner.Status.Role != v1alpha1.RoleOrganizationAdmin {
		return nil
	}
	succession, err := r.SuccessionAmong(ctx, owner, same)
	f.TakesOver = succession.Possible() && succession.User == f.User.Name
	return err
}

// ownsAddress reports whether the first of two users keeps the second one from coming into force with the address that the second one
// has: because of the address in force, or of an older claim to it.
func ownsAddress(a, b *v1alpha1.OrgUser) bool {
	if !emailaddr.Same(string(effective.EmailOf(a)), string(effective.EmailOf(b))) {
		return effective.ClaimsBefore(a, b)
	}
	return effective.Precedes(a, b)
}

// EmailHolder returns the name of another user who keeps this one from the address that this one requests, or "" if there is none.
func (r Reader) EmailHolder(ctx context.Context, user *v1alpha1.OrgUser) (string, error) {
	others, err := r.UsersByAnyEmail(ctx, user.Namespace, user.Spec.Email)
	if holder := firstOther(others, user, effective.HoldsEmail, func(*v1alpha1.OrgUser) bool { return false }); holder != nil {
		return holder.Name, err
	}
	return "", err
}

// usernameOwner returns the name of another user who keeps this one from having the Kubernetes user name in its spec. It leaves out
// users for whom without returns true.
func (r Reader) usernameOwner(ctx context.Context, user *v1alpha1.OrgUser, without func(*v1alpha1.OrgUser) bool) (string, error) {
	same, err := r.usersByAnyUsername(ctx, user.Namespace, r.names.Of(user))
	if owner := firstOther(same, user, r.names.Owns, without); owner != nil {
		return owner.Name, err
	}
	return "", err
}

// firstOther returns the first of all users who come before a user, apart from those for whom without returns true; nil: there is none.
// It is the same whatever the order of the list.
func firstOther(users []*v1alpha1.OrgUser, user *v1alpha1.OrgUser, precedes func(a, b *v1alpha1.OrgUser) bool,
	without func(*v1alpha1.OrgUser) bool,
) *v1alpha1.OrgUser {
	var first *v1alpha1.OrgUser
	for _, other := range users {
		if other.Name != user.Name && precedes(other, user) && !without(other) && (first == nil || precedes(other, first)) {
			first = other
		}
	}
	return first
}
