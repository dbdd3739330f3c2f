// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
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
	left, err := r.bindings.Revoke(ctx, s.plan.Delete)
	s.plan.Delete = nil
	if err == nil {
		return nil
	}
	in, kept := keepInForce(&s.before.Status, s.in, left)
	if !kept {
		return err
	}
	s.in, s.failures = in, append(s.failures, err)
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
	had := make(map[string]v1alpha1.WorkspaceGrantStatus, len(before.Workspaces))
	for _, w := range before.Workspaces {
		had[w.Name] = w
	}
	has := workspaceNames(in.Workspaces)
	for _, b := range left {
		workspace, module := b.Labels[v1alpha1.LabelWorkspace], v1alpha1.ObjectName(b.Labels[v1alpha1.LabelModule])
		if workspace == "" {
			return in, false // the status has no place to name it
		}
		if w, was := had[workspace]; was && !has[workspace] {
			has[workspace] = true
			in.Workspaces = append(in.Workspaces, w)
		}
		if slices.Contains(before.Modules, module) && !slices.Contains(in.Modules, module) {
			in.Modules = append(in.Modules, module)
		}
	}
	slices.SortFunc(in.Workspaces, func(a, b v1alpha1.WorkspaceGrantStatus) int { return strings.Compare(a.Name, b.Name) })
	_, omitted := effective.FitGrants(in.Workspaces)
	return in, omitted == 0 && len(in.Modules) <= maxModules // otherwise the status has no room for both
}

// maxModules is how many modules a user's status lists.
const maxModules = 32

// workspaceNames returns the names of the workspaces that a user has.
func workspaceNames(grants []v1alpha1.WorkspaceGrantStatus) map[string]bool {
	names := make(map[string]bool, len(grants))
	for n := range grants {
		names[grants[n].Name] = true
	}
	return names
}

// grant creates and repairs the RoleBindings of the access that follows from what is written. One that is refused keeps no other
// from being written.
func (r *Reconciler) grant(ctx context.Context, s *scope) error {
	return r.bindings.Apply(ctx, s.plan)
}
