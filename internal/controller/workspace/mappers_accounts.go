// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// workspacesForRemoved returns the workspaces that a user loses by being removed, and notes the user name: RoleBindings in their
// namespaces that Usher did not create may name it.
func (r *Reconciler) workspacesForRemoved(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if c.Created() || !c.Deleted() && c.After.DeletionTimestamp.IsZero() || c.Before.Status.Username == "" {
		return nil, nil
	}
	kept := workspacesOf(c.After)
	lost := slices.DeleteFunc(workspacesOf(c.Before), func(name string) bool { return slices.Contains(kept, name) })
	keys := mapper.KeysNamed(c.Before.Namespace, lost)
	for _, key := range keys {
		r.departures.add(key, c.Before.Status.Username)
	}
	return keys, nil
}

// workspacesForAddress returns the workspaces whose members name an address that a user has or had, if an account comes, goes or changes
// its address: their conditions name those who have none.
func (r *Reconciler) workspacesForAddress(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if c.Initial || !c.Created() && !c.Deleted() && effective.EmailOf(c.Before) == effective.EmailOf(c.After) {
		return nil, nil
	}
	var keys []types.NamespacedName
	for _, u := range []*v1alpha1.OrgUser{c.Before, c.After} {
		if u == nil {
			continue
		}
		naming, err := mapper.KeysOf(r.cache.WorkspacesByAddress(ctx, u.Namespace, string(effective.EmailOf(u))))
		if err != nil {
			return keys, err
		}
		keys = append(keys, naming...)
	}
	return keys, nil
}
