// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"errors"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// revoke deletes the RoleBindings of access that is no longer in force. One that cannot be deleted keeps no other from being
// deleted. Because the status must not claim that its access is gone, the pass ends here, unless that access can stay in force
// beside the rest.
func (r *Reconciler) revoke(ctx context.Context, s *scope) error {
	var left []*rbacv1.RoleBinding
	var failures []error
	for _, b := range s.plan.Delete {
		if err := r.bindings.Delete(ctx, []*rbacv1.RoleBinding{b}); err != nil {
			left, failures = append(left, b), append(failures, err)
		}
	}
	s.plan.Delete = nil
	if len(left) == 0 {
		return nil
	}
	in, kept := keepInForce(&s.before.Status, s.in, left)
	if !kept {
		return errors.Join(failures...)
	}
	s.in, s.failures = in, append(s.failures, failures...)
	return nil
}

// keepInForce returns what is in force together with the workspaces and modules whose RoleBindings could not be deleted. It
// reports false when they cannot stay in force beside the rest: when the user is to lose all access, so that nothing else waits
// to be granted, or when another user name comes into force, which would leave the access to whoever takes the former name.
func keepInForce(before *v1alpha1.OrgUserStatus, in effective.InForce, left []*rbacv1.RoleBinding) (effective.InForce, bool) {
	if before.State != v1alpha1.UserActive || in.State != v1alpha1.UserActive || before.Username != in.Username ||
		effective.ClusterRoleForRole(in.Role) == "" {
		return in, false
	}
	in.Workspaces, in.Modules = slices.Clone(in.Workspaces), slices.Clone(in.Modules)
	for _, b := range left {
		workspace, module := b.Labels[v1alpha1.LabelWorkspace], v1alpha1.ObjectName(b.Labels[v1alpha1.LabelModule])
		if workspace == "" {
			return in, false // the status has no place to name it
		}
		named := func(w v1alpha1.WorkspaceGrantStatus) bool { return w.Name == workspace }
		if n := slices.IndexFunc(before.Workspaces, named); n >= 0 && !slices.ContainsFunc(in.Workspaces, named) {
			in.Workspaces = append(in.Workspaces, before.Workspaces[n])
		}
		if slices.Contains(before.Modules, module) && !slices.Contains(in.Modules, module) {
			in.Modules = append(in.Modules, module)
		}
	}
	slices.SortFunc(in.Workspaces, func(a, b v1alpha1.WorkspaceGrantStatus) int { return strings.Compare(a.Name, b.Name) })
	return in, true
}

// grant creates and repairs the RoleBindings of the access that follows from what is written. One that is refused keeps no other
// from being written.
func (r *Reconciler) grant(ctx context.Context, s *scope) error {
	if s.recordOnly {
		return nil
	}
	return r.bindings.Apply(ctx, s.plan)
}
