// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
)

// keysOf returns the function that lists all Invitations of an organization.
func keysOf(cache lookup.Reader) func(context.Context, string) ([]types.NamespacedName, error) {
	return func(ctx context.Context, organization string) ([]types.NamespacedName, error) {
		return mapper.KeysOf(cache.Invitations(ctx, organization))
	}
}

// invitationsForOrganization returns all Invitations of an organization that is new or whose delegates changed: both decide whether
// an inviter may give a role.
func (r *Reconciler) invitationsForOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Created() && (c.Deleted() || slices.Equal(c.Before.Spec.Delegates, c.After.Spec.Delegates)) {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.Invitations(ctx, c.Newest().Namespace))
}

// invitationsForUser returns the Invitations that have a user's address or created the user, and those that the user has sent. It
// returns them when the user is created, deleted or accepts, or the role in force changes.
func (r *Reconciler) invitationsForUser(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Status.State == c.After.Status.State &&
		c.Before.Status.Role == c.After.Status.Role {
		return nil, nil
	}
	user := c.Newest()
	keys, err := mapper.KeysOf(r.cache.InvitationsByEmail(ctx, user.Namespace, string(user.Spec.Email)))
	if name := user.Labels[v1alpha1.LabelInvitation]; name != "" {
		keys = append(keys, types.NamespacedName{Namespace: user.Namespace, Name: name})
	}
	if err != nil || user.Status.Username == "" {
		return keys, err
	}
	sent, err := mapper.KeysOf(r.cache.InvitationsByInviter(ctx, user.Namespace, user.Status.Username))
	return append(keys, sent...), err
}
