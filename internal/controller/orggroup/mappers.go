// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// beyondStatus passes a change of an OrgGroup at once, unless only its status differs. A list of thousands need not be looked through again
// because its count was written.
func beyondStatus() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() || !mapper.SameBesideGeneration(e.ObjectOld, e.ObjectNew)
	}}
}

// membersPerDelay is how many listed members make a group's count wait for another mapper.CountDelay: the API server takes in the whole
// list again with every write of the status.
const membersPerDelay = 500

// countDelay is how long people who enter and leave a group are gathered for one write of their number.
func (r *Reconciler) countDelay(ctx context.Context, key types.NamespacedName) (delay time.Duration, urgent bool) {
	var g v1alpha1.OrgGroup
	if err := r.client.Get(ctx, key, &g, client.UnsafeDisableDeepCopy); err != nil || !g.DeletionTimestamp.IsZero() {
		return mapper.CountDelay, true // nobody waits for the number; or it is gone, or the pass reports what is wrong
	}
	return mapper.CountDelay * time.Duration(1+len(g.Spec.Members)/membersPerDelay), false
}

// groupsForUser returns the groups that a user enters or leaves, which count the people in them.
func (r *Reconciler) groupsForUser(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	return mapper.KeysNamed(c.Newest().Namespace, mapper.Difference(groupsOf(c.Before), groupsOf(c.After))), nil
}

func groupsOf(u *v1alpha1.OrgUser) []string {
	if u == nil {
		return nil
	}
	names := make([]string, 0, len(u.Status.Groups))
	for _, group := range u.Status.Groups {
		names = append(names, string(group))
	}
	return names
}

// groupsForAccount returns the groups that list the address of an account that comes or goes: their conditions name the addresses that have
// none, and those of a directory follow their members.
func (r *Reconciler) groupsForAccount(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if c.Initial || !c.Created() && !c.Deleted() && c.Before.DeletionTimestamp.IsZero() == c.After.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	return r.groupsListing(ctx, c)
}

// groupsForAddress returns the groups that list an address which an account takes or gives up by a change. A directory's group is to list
// the new one soon, however many others change: what it opens goes by the address.
func (r *Reconciler) groupsForAddress(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	if c.Created() || c.Deleted() || !effective.EmailChanged(c.Before, c.After) {
		return nil, nil
	}
	return r.groupsListing(ctx, c)
}

// groupsListing returns the groups that list an address which a user has or had.
func (r *Reconciler) groupsListing(ctx context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, u := range []*v1alpha1.OrgUser{c.Before, c.After} {
		if u == nil {
			continue
		}
		listing, err := mapper.KeysOf(r.cache.GroupsListing(ctx, u.Namespace, string(effective.EmailOf(u))))
		if err != nil {
			return keys, err
		}
		keys = append(keys, listing...)
	}
	return keys, nil
}

// groupsForWorkspace returns the groups whose entries among a workspace's members differ, or all that the workspace lists if it, or its
// namespace, appears or disappears.
func (r *Reconciler) groupsForWorkspace(_ context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	if c.Initial {
		return nil, nil // all groups are reconciled when the watch begins
	}
	before, after := entriesOf(c.Before), entriesOf(c.After)
	if !c.Created() && !c.Deleted() && c.Before.Status.Namespace != c.After.Status.Namespace {
		before = nil
	}
	var names []string
	for entry := range before {
		if !after[entry] {
			names = append(names, string(entry.Group))
		}
	}
	for entry := range after {
		if !before[entry] {
			names = append(names, string(entry.Group))
		}
	}
	return mapper.KeysNamed(c.Newest().Namespace, names), nil
}

// entriesOf returns the entries of a workspace's members that name groups. One that is being deleted names none.
func entriesOf(w *v1alpha1.Workspace) map[v1alpha1.WorkspaceMember]bool {
	if w == nil || !w.DeletionTimestamp.IsZero() {
		return nil
	}
	entries := map[v1alpha1.WorkspaceMember]bool{}
	for _, m := range w.Spec.Members {
		if m.Group != "" {
			entries[m] = true
		}
	}
	return entries
}

// groupsForTitle returns the groups with a name for people that another group takes or gives up.
func (r *Reconciler) groupsForTitle(ctx context.Context, c mapper.Change[*v1alpha1.OrgGroup]) ([]types.NamespacedName, error) {
	if c.Initial || !c.Created() && !c.Deleted() && effective.GroupTitleKey(c.Before) == effective.GroupTitleKey(c.After) &&
		c.Before.DeletionTimestamp.IsZero() == c.After.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	var keys []types.NamespacedName
	for _, g := range []*v1alpha1.OrgGroup{c.Before, c.After} {
		if g == nil {
			continue
		}
		same, err := mapper.KeysOf(r.cache.GroupsByTitle(ctx, g))
		if err != nil {
			return keys, err
		}
		keys = append(keys, same...)
	}
	return keys, nil
}

// groupsForOrganization returns all groups of an organization that is created or goes.
func (r *Reconciler) groupsForOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.Groups(ctx, c.Newest().Namespace))
}

// groupsForRoleBinding: what somebody else does to a RoleBinding of Usher's is repaired.
func (r *Reconciler) groupsForRoleBinding(_ context.Context, c mapper.Change[*rbacv1.RoleBinding]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, b := range []*rbacv1.RoleBinding{c.Before, c.After} {
		if b != nil && b.Labels[v1alpha1.LabelGroup] != "" {
			keys = append(keys, types.NamespacedName{
				Namespace: b.Labels[v1alpha1.LabelOrganization], Name: b.Labels[v1alpha1.LabelGroup],
			})
		}
	}
	return keys, nil
}

// groupsAndHolders returns all groups of an organization, and those whose RoleBindings are there although they are gone.
func (r *Reconciler) groupsAndHolders(ctx context.Context, organization string) ([]types.NamespacedName, error) {
	keys, err := mapper.KeysOf(r.cache.Groups(ctx, organization))
	if err != nil {
		return nil, err
	}
	bindings, err := r.cache.OrganizationBindings(ctx, organization)
	for _, b := range bindings {
		if group := b.Labels[v1alpha1.LabelGroup]; group != "" {
			keys = append(keys, types.NamespacedName{Namespace: organization, Name: group})
		}
	}
	return keys, err
}
