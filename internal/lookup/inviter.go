// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// InviterAuthorized reports whether the inviter of an Invitation may still grant the role that it grants, as far as the
// cache knows. Before somebody accepts, the portal asks the API server: see APIReader.InviterAuthorized.
func (r Reader) InviterAuthorized(ctx context.Context, i *v1alpha1.Invitation) (bool, error) {
	inviter, err := r.inviter(ctx, i)
	return err == nil && authz.InviterAuthorized(i, inviter), err
}

// InviterAuthorized reports whether the inviter may still grant the role, by the role in force at the API server: a role that
// was taken away a moment ago grants nothing. The cache finds the person.
func (r APIReader) InviterAuthorized(ctx context.Context, cache Reader, i *v1alpha1.Invitation) (bool, error) {
	inviter, err := cache.inviter(ctx, i)
	if err != nil {
		return false, err
	}
	if inviter.Kind == authz.ActorPerson {
		person, err := r.User(ctx, i.Namespace, inviter.User)
		if err != nil || person == nil {
			return false, err
		}
		inviter.Role = person.Status.Role
	}
	return authz.InviterAuthorized(i, inviter), nil
}

// InviterKind returns with whose authority an Invitation was made.
func (r Reader) InviterKind(ctx context.Context, i *v1alpha1.Invitation) (v1alpha1.InviterKind, error) {
	inviter, err := r.inviter(ctx, i)
	return authz.InviterKindOf(inviter), err
}

// inviter finds who an Invitation is from among the organization's people and delegates; somebody else acts as nobody.
func (r Reader) inviter(ctx context.Context, i *v1alpha1.Invitation) (authz.Actor, error) {
	return r.Actor(ctx, authz.Platform{}, i.Namespace, string(i.Spec.InvitedBy), nil)
}
