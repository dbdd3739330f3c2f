// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"
	"errors"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// revoke plans the RoleBindings of the group of the identity provider, and deletes those that no other takes the place of. The status names
// what is in force from then on. If one cannot be deleted, the status goes on naming what it named, and nothing is granted.
func (r *Reconciler) revoke(ctx context.Context, s *scope) (time.Duration, error) {
	g, name := s.group, s.identityGroup()
	var wanted []rolebinding.Binding
	if name != "" {
		wanted = rolebinding.ForGroup(s.grants, s.namespaces)
	}
	existing, err := r.existingBindings(ctx, s, wanted)
	if err != nil {
		return 0, err
	}
	plan := rolebinding.NewPlan(rolebinding.GroupHolder(g, name), wanted, existing)
	if err := r.bindings.Delete(ctx, plan.Delete); err != nil {
		return 0, err
	}
	plan.Delete = nil
	s.plan = plan
	g.Status.IdentityGroup = name
	g.Status.Workspaces, g.Status.WorkspaceSummary = s.grants, summary(s.grants)
	return 0, nil
}

func summary(grants []v1alpha1.GroupGrantStatus) string {
	same := make([]v1alpha1.WorkspaceGrantStatus, 0, len(grants))
	for _, g := range grants {
		same = append(same, v1alpha1.WorkspaceGrantStatus{Name: g.Name, Access: g.Access})
	}
	return effective.SummaryOf(same)
}

// existingBindings returns the RoleBindings that the group has. It reads past the cache when access is to go that the cache does not
// show: once the status no longer names it, the workspace relies on its being gone.
func (r *Reconciler) existingBindings(ctx context.Context, s *scope, wanted []rolebinding.Binding) ([]*rbacv1.RoleBinding, error) {
	bindings, err := r.cache.GroupBindings(ctx, s.group.Namespace, s.group.Name)
	if err != nil || s.before.Status.IdentityGroup == "" {
		return bindings, err
	}
	known := make(map[string]bool, len(bindings)+len(wanted))
	for _, b := range bindings {
		known[b.Labels[v1alpha1.LabelWorkspace]] = true
	}
	for _, b := range wanted {
		known[b.Workspace] = true
	}
	for _, had := range s.before.Status.Workspaces {
		if !known[had.Name] {
			return r.bindings.List(ctx, rolebinding.OfGroup(s.group))
		}
	}
	return bindings, nil
}

// orphans returns the RoleBindings of a group that is gone.
func (r *Reconciler) orphans(ctx context.Context, group types.NamespacedName) ([]*rbacv1.RoleBinding, error) {
	return r.cache.GroupBindings(ctx, group.Namespace, group.Name)
}

// revokeAll deletes all RoleBindings of a group. It reads past the cache, which may not show yet what the pass before has created.
func (r *Reconciler) revokeAll(ctx context.Context, g *v1alpha1.OrgGroup) error {
	cached, err := r.cache.GroupBindings(ctx, g.Namespace, g.Name)
	if err == nil {
		err = r.bindings.Delete(ctx, cached)
	}
	return errors.Join(err, r.bindings.DeleteMatching(ctx, rolebinding.OfGroup(g)))
}
