// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import "github.com/usher-operator/usher/api/v1alpha1"

// NeedsWorkspace reports whether an organization requires a workspace for an account (GTA-5). OrganizationAdmins are in every
// workspace, and NotificationsOnly and Limited accounts have no access, so it requires none for them.
func NeedsWorkspace(o *v1alpha1.Organization, role v1alpha1.Role, access v1alpha1.AccountAccess) bool {
	return o != nil && o.Spec.Settings.WorkspaceAssignment == v1alpha1.AssignmentRequired &&
		role != v1alpha1.RoleOrganizationAdmin && role != v1alpha1.RoleNotificationsOnly && access != v1alpha1.AccessLimited
}
