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

// Actor finds as what somebody acts in an organization: a platform identity, an active person, a delegate, or nobody.
// It costs the same however large the organization is.
func (r Reader) Actor(ctx context.Context, platform authz.Platform, namespace, username string, groups []string,
) (authz.Actor, error) {
	actor := authz.Actor{Kind: platform.ActorKind(username, groups), Username: username}
	if actor.Kind != authz.ActorNobody {
		return actor, nil
	}
	people, err := r.UsersByUsername(ctx, namespace, username)
	if err != nil {
		return actor, err
	}
	if len(people) > 0 {
		person := slices.MinFunc(people, effective.ByPrecedence)
		actor.Kind, actor.Role, actor.User = authz.ActorPerson, person.Status.Role, person.Name
		return actor, nil
	}
	organization, err := r.Organization(ctx, namespace)
	if err != nil || organization == nil {
		return actor, err
	}
	if delegate := delegateOf(organization, username); delegate != nil {
		actor.Kind, actor.Role = authz.ActorDelegate, delegate.Role
	}
	return actor, nil
}

func delegateOf(o *v1alpha1.Organization, username string) *v1alpha1.Delegate {
	for i := range o.Spec.Delegates {
		if string(o.Spec.Delegates[i].Username) == username {
			return &o.Spec.Delegates[i]
		}
	}
	return nil
}

// UserFacts gathers what decides which of a user's wishes are in force.
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

// onboarding finds the person's state: with the Invitation that the user was made for, else with the user.
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

// addressOwner names the user who has the address in force before this one: who is active, else the oldest (ORG-28).
func (r Reader) addressOwner(ctx context.Context, user *v1alpha1.OrgUser) (string, error) {
	same, err := r.UsersByEmail(ctx, user.Namespace, string(user.Spec.Email))
	return firstOther(same, user, effective.Precedes), err
}

// usernameOwner names the user who keeps this one from having the Kubernetes user name in its spec.
func (r Reader) usernameOwner(ctx context.Context, user *v1alpha1.OrgUser) (string, error) {
	same, err := r.usersByAnyUsername(ctx, user.Namespace, effective.UsernameOf(user))
	return firstOther(same, user, effective.OwnsUsername), err
}

// firstOther names the first of all who come before a user: the same one however the users are listed.
func firstOther(users []*v1alpha1.OrgUser, user *v1alpha1.OrgUser, holds func(a, b *v1alpha1.OrgUser) bool) string {
	var first *v1alpha1.OrgUser
	for _, other := range users {
		if other.Name != user.Name && holds(other, user) && (first == nil || holds(other, first)) {
			first = other
		}
	}
	if first == nil {
		return ""
	}
	return first.Name
}

// InviterName gives the inviter's name for people: an OrgUser's with that user name, else the user name if it is an
// address. Empty: the inviter is no person whom the invited know, and the organization itself invites.
func (r Reader) InviterName(ctx context.Context, namespace string, username v1alpha1.Username) (string, error) {
	people, err := r.UsersByUsername(ctx, namespace, string(username))
	switch {
	case err != nil:
		return "", err
	case len(people) > 0:
		return people[0].Status.DisplayName, nil
	case emailaddr.Valid(string(username)):
		return string(username), nil
	}
	return "", nil
}

// ReferencesExist tells whether all that an Invitation's mail speaks of is there: the inviter and the workspaces. Objects that
// are declared together come in any order.
func (r Reader) ReferencesExist(ctx context.Context, i *v1alpha1.Invitation) (bool, error) {
	for _, grant := range i.Spec.Workspaces {
		w, err := r.workspace(ctx, i.Namespace, string(grant.Name))
		if err != nil || w == nil {
			return false, err
		}
	}
	if !emailaddr.Valid(string(i.Spec.InvitedBy)) {
		return true, nil
	}
	people, err := r.UsersByUsername(ctx, i.Namespace, string(i.Spec.InvitedBy))
	return len(people) > 0, err
}
