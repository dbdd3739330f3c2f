// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ofWorkspace: the coming and going of a workspace's namespace concerns the administrators, its members, and who has it or
// wishes it. A change of its members concerns those whose entries differ, however many others there are.
func (r *orgUserReconciler) ofWorkspace(ctx context.Context, c change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	switch {
	case c.initial:
		return nil, nil // all users are looked at when the watch begins
	case c.created() || c.deleted() || c.before.Status.Namespace != c.after.Status.Namespace ||
		c.before.DeletionTimestamp.IsZero() != c.after.DeletionTimestamp.IsZero():
		return r.ofWholeWorkspace(ctx, c)
	case c.before.Generation != c.after.Generation:
		return r.ofMembers(ctx, c.after.Namespace, differingMembers(c.before, c.after))
	}
	return nil, nil
}

func (r *orgUserReconciler) ofWholeWorkspace(ctx context.Context, c change[*v1alpha1.Workspace],
) ([]types.NamespacedName, error) {
	newest := c.newest()
	keys, err := keysOf(r.lookup().UsersByWorkspace(ctx, newest.Namespace, newest.Name))
	if err != nil {
		return nil, err
	}
	organization, err := r.lookup().Organization(ctx, newest.Namespace)
	if err != nil {
		return nil, err
	}
	if organization != nil {
		keys = append(keys, usersNamed(newest.Namespace, organization.Status.Administrators)...)
	}
	entries := newest.Spec.Members
	if !c.created() && !c.deleted() {
		entries = append(differingMembers(c.before, c.after), entries...)
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

func (r *orgUserReconciler) ofMembers(ctx context.Context, namespace string, entries []v1alpha1.WorkspaceMember,
) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, m := range entries {
		found, err := keysOf(r.lookup().UsersByMember(ctx, namespace, m))
		if err != nil {
			return nil, err
		}
		keys = append(keys, found...)
	}
	return keys, nil
}

// ofModules: what a module gives concerns those who have its seats.
func ofModules(c change[*v1alpha1.Organization]) []types.NamespacedName {
	before, after := moduleRoles(c.before), moduleRoles(c.after)
	return holdersOf(c.after, func(module string) bool { return before[module] != after[module] })
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
			keys = append(keys, usersNamed(o.Namespace, slices.Concat(m.Holders, m.Leaving))...)
		}
	}
	return keys
}

func usersNamed(namespace string, names []string) []types.NamespacedName {
	keys := make([]types.NamespacedName, 0, len(names))
	for _, name := range names {
		keys = append(keys, types.NamespacedName{Namespace: namespace, Name: name})
	}
	return keys
}

// ofClusterRole: a ClusterRole that comes, goes, or may be bound from now on or no longer, concerns those who have seats of
// modules that name it.
func (r *orgUserReconciler) ofClusterRole(ctx context.Context, c change[*metav1.PartialObjectMetadata],
) ([]types.NamespacedName, error) {
	organizations, err := r.naming(ctx, c)
	var keys []types.NamespacedName
	for _, o := range organizations {
		roles := moduleRoles(o)
		keys = append(keys, holdersOf(o, func(module string) bool { return roles[module] == c.newest().Name })...)
	}
	return keys, err
}

// ofClusterRole: the same concerns the organizations, which say so.
func (r *organizationReconciler) ofClusterRole(ctx context.Context, c change[*metav1.PartialObjectMetadata],
) ([]types.NamespacedName, error) {
	return keysOf(r.naming(ctx, c))
}

// naming gives the organizations of which a module names a ClusterRole, if what changed of it is of importance.
func (d Dependencies) naming(ctx context.Context, c change[*metav1.PartialObjectMetadata]) ([]*v1alpha1.Organization, error) {
	if c.initial || !c.created() && !c.deleted() &&
		c.before.Labels[v1alpha1.LabelGrantable] == c.after.Labels[v1alpha1.LabelGrantable] {
		return nil, nil
	}
	return d.lookup().OrganizationsByClusterRole(ctx, c.newest().Name)
}
