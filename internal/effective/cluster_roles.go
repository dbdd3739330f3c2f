// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ClusterRoleForAccess returns the ClusterRole that an access grants in a workspace's namespace.
func ClusterRoleForAccess(access v1alpha1.WorkspaceAccess) string {
	return strings.ToLower(string(access))
}

// ClusterRoleForRole returns the ClusterRole that a role in force grants in the organization's namespace. It is empty if the
// role grants none (NOV-7).
func ClusterRoleForRole(role v1alpha1.Role) string { return personRoles[role] }

var personRoles = map[v1alpha1.Role]string{
	v1alpha1.RoleOrganizationAdmin: "usher-organization-admin",
	v1alpha1.RoleBillingAdmin:      "usher-billing-admin",
	v1alpha1.RoleFinanceAdmin:      "usher-finance-admin",
	v1alpha1.RoleUserAdmin:         "usher-user-admin",
	v1alpha1.RoleTechnician:        "usher-technician",
	v1alpha1.RoleMember:            "usher-member",
}
