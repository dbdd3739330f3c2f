// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// planBindings compares the RoleBindings that the user has with those that follow from what is in force.
func (r *Reconciler) planBindings(ctx context.Context, s *scope) error {
	existing, err := r.existingBindings(ctx, s.before, s.in)
	if err != nil {
		return err
	}
	s.plan = rolebinding.NewPlan(rolebinding.UserHolder(s.user, s.in.Username), rolebinding.ForUser(s.facts, s.in), existing)
	return nil
}

// existingBindings returns the RoleBindings that a user has. It reads past the cache when access is to go that the cache does not
// show: once the status no longer names it, others rely on its being gone.
func (r *Reconciler) existingBindings(ctx context.Context, before *v1alpha1.OrgUser, in effective.InForce,
) ([]*rbacv1.RoleBinding, error) {
	bindings, err := r.cache.Bindings(ctx, before.Namespace, before.Name)
	if err == nil && goesUnseen(&before.Status, in, bindings) {
		return r.bindings.List(ctx, rolebinding.OfUser(before))
	}
	return bindings, err
}

// goesUnseen reports whether the status names access that is to go and that none of the RoleBindings gives: the role's, a
// workspace's or a module's.
func goesUnseen(before *v1alpha1.OrgUserStatus, in effective.InForce, bindings []*rbacv1.RoleBinding) bool {
	roles, workspaces, modules := map[string]bool{}, map[string]bool{}, map[string]bool{} // what the bindings give
	for _, b := range bindings {
		roles[b.RoleRef.Name], workspaces[b.Labels[v1alpha1.LabelWorkspace]] = true, true
		modules[b.Labels[v1alpha1.LabelModule]] = true
	}
	role := effective.ClusterRoleForRole(before.Role)
	if before.State == v1alpha1.UserActive && role != "" && (in.State != v1alpha1.UserActive || in.Role != before.Role) && !roles[role] {
		return true
	}
	stays := workspaceNames(in.Workspaces)
	for _, had := range before.Workspaces {
		if !stays[had.Name] && !workspaces[had.Name] {
			return true
		}
	}
	for _, had := range before.Modules {
		if !slices.Contains(in.Modules, had) && len(before.Workspaces) > 0 && !modules[string(had)] {
			return true
		}
	}
	return false
}
