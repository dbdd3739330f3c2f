// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

// addBorrowedDelegates names the delegates whose role others can use: those that are ServiceAccounts of a workspace's namespace. The
// access Edit, which those who manage workspaces can give themselves, includes acting as its ServiceAccounts.
func (r Reader) addBorrowedDelegates(ctx context.Context, warnings []string, o *v1alpha1.Organization) ([]string, error) {
	for n, d := range o.Spec.Delegates {
		if len(warnings) >= maxWarnings {
			return append(warnings, andMore), nil
		}
		borrowed, err := r.borrowed(ctx, string(d.Username))
		if err != nil {
			return nil, err
		}
		if borrowed {
			warnings = append(warnings, borrowedWarning(fmt.Sprintf("spec.delegates[%d].username", n), d.Role))
		}
	}
	return warnings, nil
}

// addBorrowedUser does the same for a user.
func (r Reader) addBorrowedUser(ctx context.Context, warnings []string, u *v1alpha1.OrgUser) ([]string, error) {
	if u.Spec.Role == v1alpha1.RoleMember || u.Spec.Role == v1alpha1.RoleNotificationsOnly || effective.IsLimited(u) {
		return warnings, nil
	}
	borrowed, err := r.borrowed(ctx, string(u.Spec.Username))
	if err != nil || !borrowed {
		return warnings, err
	}
	return append(warnings, borrowedWarning("spec.username", u.Spec.Role)), nil
}

// borrowed reports whether a user name is that of a ServiceAccount of a workspace's namespace.
func (r Reader) borrowed(ctx context.Context, username string) (bool, error) {
	namespace := authz.ServiceAccountNamespace(username)
	if namespace == "" {
		return false, nil
	}
	workspaces, err := r.WorkspacesByNamespace(ctx, namespace)
	return len(workspaces) > 0, err
}

// borrowedWarning does not name the workspace, which may be another organization's.
func borrowedWarning(field string, role v1alpha1.Role) string {
	return fmt.Sprintf("%s: this ServiceAccount is of a workspace's namespace: everybody with the access Edit or Admin there can act as "+
		"%s through it; use a ServiceAccount of another namespace", field, role)
}
