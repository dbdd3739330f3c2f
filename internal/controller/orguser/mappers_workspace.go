// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
)

// ofWorkspace: the coming and going of a workspace's namespace concerns the administrators, its members, and who has it or
// wishes it. A change of its members concerns those whose entries differ, however many others there are.
func (r *Reconciler) ofWorkspace(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	switch {
	case c.Initial:
		return nil, nil // all users are looked at when the watch begins
	case c.Created() || c.Deleted() || c.Before.Status.Namespace != c.After.Status.Namespace ||
		c.Before.DeletionTimestamp.IsZero() != c.After.DeletionTimestamp.IsZero():
		return r.ofWholeWorkspace(ctx, c)
	case c.Before.Generation != c.After.Generation:
		return r.ofMembers(ctx, c.After.Namespace, differingMembers(c.Before, c.After))
	}
	return nil, nil
}

func (r *Reconciler) ofWholeWorkspace(ctx context.Context, c mapper.Change[*v1alpha1.Workspace],
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
	members, err := r.ofMembers(ctx, newest.Namespace, entries)
	return append(keys, members...), err
}

// differingMembers gives the entries that stand in one of two lists of members only.
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

func (r *Reconciler) ofMembers(ctx context.Context, namespace string, entries []v1alpha1.WorkspaceMember,
) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, m := range entries {
		found, err := mapper.KeysOf(r.cache.UsersByMember(ctx, namespace, m))
		if err != nil {
			return nil, err
		}
		keys = append(keys, found...)
	}
	return keys, nil
}

// ofModules: what a module gives concerns those who have its seats.
func ofModules(c mapper.Change[*v1alpha1.Organization]) []types.NamespacedName {
	before, after := moduleRoles(c.Before), moduleRoles(c.After)
	return holdersOf(c.After, func(module string) bool { return before[module] != after[module] })
}

// moduleRoles gives the ClusterRole of each module.
func moduleRoles(o *v1alpha1.Organization) map[string]string {
	roles := make(map[string]string, len(o.Spec.Subscription.Modules))
	for _, m := range o.Spec.Subscription.Modules {
		roles[string(m.Name)] = m.ClusterRoleName
	}
	return roles
}

// holdersOf gives those who have seats of some modules.
func holdersOf(o *v1alpha1.Organization, of func(module string) bool) []types.NamespacedName {
	var keys []types.NamespacedName
	for _, m := range o.Status.Modules {
		if of(m.Name) {
			keys = append(keys, mapper.KeysNamed(o.Namespace, slices.Concat(m.Holders, m.Leaving))...)
		}
	}
	return keys
}

// ofClusterRole: a ClusterRole that comes, goes, or may be bound from now on or no longer, concerns those who have seats of
// modules that name it.
func (r *Reconciler) ofClusterRole(ctx context.Context, c mapper.Change[*metav1.PartialObjectMetadata],
) ([]types.NamespacedName, error) {
	organizations, err := mapper.OrganizationsNaming(ctx, r.cache, c)
	var keys []types.NamespacedName
	for _, o := range organizations {
		roles := moduleRoles(o)
		keys = append(keys, holdersOf(o, func(module string) bool { return roles[module] == c.Newest().Name })...)
	}
	return keys, err
}
