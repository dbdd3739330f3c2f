// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
)

// usersForUser: who has an address or a user name in force concerns everybody who requests it (ORG-28).
func (r *Reconciler) usersForUser(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	names := r.cache.Usernames()
	if !c.Created() && !c.Deleted() && c.Before.Status.State == c.After.Status.State && c.Before.Status.Role == c.After.Status.Role &&
		c.Before.DeletionTimestamp.IsZero() == c.After.DeletionTimestamp.IsZero() &&
		names.Of(c.Before) == names.Of(c.After) && c.Before.Status.Username == c.After.Status.Username &&
		!effective.EmailChanged(c.Before, c.After) {
		return nil, nil
	}
	keys, err := mapper.KeysOf(r.cache.UsersByIdentity(ctx, c.Newest()))
	if err != nil || c.Created() {
		return keys, err
	}
	former, err := mapper.KeysOf(r.cache.UsersByIdentity(ctx, c.Before))
	return append(keys, former...), err
}

// keysOf returns the function that lists all users of an organization.
func keysOf(cache lookup.Reader) func(context.Context, string) ([]types.NamespacedName, error) {
	return func(ctx context.Context, organization string) ([]types.NamespacedName, error) {
		return mapper.KeysOf(cache.Users(ctx, organization))
	}
}

// usersAndHolders returns all users of an organization, and those to whom a RoleBinding of it gives access although they are gone.
func (r *Reconciler) usersAndHolders(ctx context.Context, organization string) ([]types.NamespacedName, error) {
	keys, err := keysOf(r.cache)(ctx, organization)
	if err != nil {
		return nil, err
	}
	bindings, err := r.cache.OrganizationBindings(ctx, organization)
	for _, b := range bindings {
		if user := b.Labels[v1alpha1.LabelUser]; user != "" {
			keys = append(keys, types.NamespacedName{Namespace: organization, Name: user})
		}
	}
	return keys, err
}

// usersForRoleBinding: what somebody else does to a RoleBinding of Usher's is repaired.
func (r *Reconciler) usersForRoleBinding(_ context.Context, c mapper.Change[*rbacv1.RoleBinding]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, b := range []*rbacv1.RoleBinding{c.Before, c.After} {
		if b != nil && b.Labels[v1alpha1.LabelUser] != "" {
			keys = append(keys, types.NamespacedName{
				Namespace: b.Labels[v1alpha1.LabelOrganization], Name: b.Labels[v1alpha1.LabelUser],
			})
		}
	}
	return keys, nil
}
