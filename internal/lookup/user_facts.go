// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// UserFacts gathers what decides what of a user's spec is in force.
func (r Reader) UserFacts(ctx context.Context, user *v1alpha1.OrgUser) (effective.UserFacts, error) {
	facts := effective.UserFacts{User: user}
	var err error
	if facts.Organization, err = r.Organization(ctx, user.Namespace); err != nil {
		return facts, err
	}
	if facts.Onboarding, err = r.onboarding(ctx, user); err != nil {
		return facts, err
	}
	if facts.Organization != nil && len(user.Spec.Modules) > 0 {
		if facts.ClusterRoles, err = r.ClusterRoles(ctx, facts.Organization); err != nil {
			return facts, err
		}
	}
	if err = r.access(ctx, &facts); err != nil {
		return facts, err
	}
	if facts.AddressOwner, err = r.addressOwner(ctx, user); err != nil {
		return facts, err
	}
	facts.UsernameOwner, err = r.usernameOwner(ctx, user)
	return facts, err
}

// onboarding returns the person's onboarding: that of the Invitation that the user was created for, else that of the user.
func (r Reader) onboarding(ctx context.Context, user *v1alpha1.OrgUser) (*v1alpha1.OnboardingStatus, error) {
	name := user.Labels[v1alpha1.LabelInvitation]
	if name == "" {
		return user.Status.Onboarding, nil
	}
	inv, err := r.Invitation(ctx, user.Namespace, name)
	if err != nil || inv == nil {
		return nil, err
	}
	if recipient := Recipient(inv, string(user.Spec.Email)); recipient != nil && recipient.User == user.Name {
		return &recipient.OnboardingStatus, nil
	}
	return nil, nil //nolint:nilnil // not invited yet is an answer, not an error
}

// addressOwner returns the name of another user who has the address in force before this one (ORG-28).
func (r Reader) addressOwner(ctx context.Context, user *v1alpha1.OrgUser) (string, error) {
	same, err := r.UsersByEmail(ctx, user.Namespace, string(user.Spec.Email))
	return firstOther(same, user, effective.Precedes), err
}

// usernameOwner returns the name of another user who keeps this one from having the Kubernetes user name in its spec.
func (r Reader) usernameOwner(ctx context.Context, user *v1alpha1.OrgUser) (string, error) {
	same, err := r.usersByAnyUsername(ctx, user.Namespace, effective.UsernameOf(user))
	return firstOther(same, user, effective.OwnsUsername), err
}

// firstOther returns the name of the first of all users who come before a user. It is the same whatever the order of the list.
func firstOther(users []*v1alpha1.OrgUser, user *v1alpha1.OrgUser, precedes func(a, b *v1alpha1.OrgUser) bool) string {
	var first *v1alpha1.OrgUser
	for _, other := range users {
		if other.Name != user.Name && precedes(other, user) && (first == nil || precedes(other, first)) {
			first = other
		}
	}
	if first == nil {
		return ""
	}
	return first.Name
}
