// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
)

// usersForWorkspace: a workspace's namespace that appears or disappears concerns the administrators, the workspace's members, and
// those who have the workspace or request it. A change of its members concerns those whose entries differ, however many others
// there are.
func (r *Reconciler) usersForWorkspace(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	switch {
	case c.Initial:
		return nil, nil // all users are reconciled when the watch begins
	case c.Created() || c.Deleted() || c.Before.Status.Namespace != c.After.Status.Namespace ||
		c.Before.DeletionTimestamp.IsZero() != c.After.DeletionTimestamp.IsZero():
		return r.usersForWholeWorkspace(ctx, c)
	case c.Before.Generation != c.After.Generation:
		return r.usersForMembers(ctx, c.After.Namespace, differingMembers(c.Before, c.After))
	}
	return nil, nil
}

func (r *Reconciler) usersForWholeWorkspace(ctx context.Context, c mapper.Change[*v1alpha1.Workspace],
) ([]types.NamespacedName, error) {
	newest := c.Newest()
	keys, err := mapper.KeysOf(r.cache.UsersByWorkspace(ctx, newest.Namespace, newest.Name))
	if err != nil {
		return nil, err
	}
	organization, err := r.cache.Organization(ctx, newest.Namespace)
	if err != nil {
		return nil, err
	}
	if organization != nil {
		keys = append(keys, mapper.KeysNamed(newest.Namespace, organization.Status.Administrators)...)
	}
	entries := newest.Spec.Members
	if !c.Created() && !c.Deleted() {
		entries = append(differingMembers(c.Before, c.After), entries...)
	}
	members, err := r.usersForMembers(ctx, newest.Namespace, entries)
	return append(keys, members...), err
}

// differingMembers returns the entries that are in only one of two lists of members.
func differingMembers(before, after *v1alpha1.Workspace) []v1alpha1.WorkspaceMember {
	seen := make(map[v1alpha1.WorkspaceMember]int, len(after.Spec.Members))
	for _, m := range before.Spec.Members {
		seen[m]++
	}
	for _, m := range after.Spec.Members {
		seen[m]--
	}
	var differing []v1alpha1.WorkspaceMember
	for m, n := range seen {
		if n != 0 {
			differing = append(differing, m)
		}
	}
	return differing
}

func (r *Reconciler) usersForMembers(ctx context.Context, namespace string, entries []v1alpha1.WorkspaceMember,
) ([]types.NamespacedName, error) {
	return mapper.KeysOf(r.cache.UsersByMembers(ctx, namespace, entries))
}
