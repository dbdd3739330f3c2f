// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Roles returns all roles, the highest first. Of several roles, a person has the highest.
func Roles() []v1alpha1.Role {
	return []v1alpha1.Role{
		v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleBillingAdmin, v1alpha1.RoleFinanceAdmin, v1alpha1.RoleUserAdmin,
		v1alpha1.RoleTechnician, v1alpha1.RoleMember, v1alpha1.RoleNotificationsOnly,
	}
}

// HigherRole returns the higher of two roles. No role, and one that Usher does not know, is below all others.
func HigherRole(a, b v1alpha1.Role) v1alpha1.Role {
	if roleHeight(b) > roleHeight(a) {
		return b
	}
	return a
}

// roleHeight orders roles, the lowest first.
func roleHeight(role v1alpha1.Role) int {
	place := slices.Index(Roles(), role)
	if place < 0 {
		return -1
	}
	return len(Roles()) - place
}

// byGroup returns what the groups of a user give besides access to workspaces (DIR-4). Only accounts that the directory keeps have that:
// what Git or a person declares says by itself what it is to have. Of groups that give the same role, it names the first
// one.
func byGroup(f UserFacts) v1alpha1.ByGroupStatus {
	var given v1alpha1.ByGroupStatus
	if f.Organization == nil || !FromDirectory(f.User) || IsLimited(f.User) {
		return given
	}
	for _, m := range f.Organization.Spec.Directory.Roles {
		if !slices.Contains(f.Groups, m.Group) || f.Appointing.RoleRefusal(f.Organization.Name, m.Role) != "" {
			continue
		}
		switch height := roleHeight(m.Role) - roleHeight(given.Role); {
		case roleHeight(m.Role) <= roleHeight(v1alpha1.RoleMember):
		case height > 0, height == 0 && string(m.Group) < given.Group:
			given.Role, given.Group = m.Role, string(m.Group)
		}
	}
	for _, m := range f.Organization.Spec.Directory.Modules {
		if slices.Contains(f.Groups, m.Group) {
			given.Modules = append(given.Modules, m.Modules...)
		}
	}
	slices.Sort(given.Modules)
	given.Modules = slices.Compact(given.Modules)
	given.Modules = given.Modules[:min(len(given.Modules), maxModulesByGroup)]
	return given
}

// maxModulesByGroup is how many modules by group a status lists: more than a subscription has.
const maxModulesByGroup = 256

// RequestedRole returns the role that a user is to have: the higher one of the account's own and of that which the groups give by the
// written status.
func RequestedRole(u *v1alpha1.OrgUser) v1alpha1.Role {
	return requestedRole(u, u.Status.ByGroup)
}

func requestedRole(u *v1alpha1.OrgUser, given v1alpha1.ByGroupStatus) v1alpha1.Role {
	if !FromDirectory(u) || IsLimited(u) {
		return u.Spec.Role
	}
	return HigherRole(u.Spec.Role, given.Role)
}

// RequestedModules returns the modules that a user is to have: the account's own, and those that the groups give by the written status.
func RequestedModules(u *v1alpha1.OrgUser) []v1alpha1.ObjectName {
	return requestedModules(u, u.Status.ByGroup)
}

func requestedModules(u *v1alpha1.OrgUser, given v1alpha1.ByGroupStatus) []v1alpha1.ObjectName {
	if !FromDirectory(u) || len(given.Modules) == 0 {
		return u.Spec.Modules
	}
	return union(u.Spec.Modules, given.Modules)
}

// requestsModule reports whether a module is one of RequestedModules.
func requestsModule(u *v1alpha1.OrgUser, module v1alpha1.ObjectName) bool {
	return slices.Contains(u.Spec.Modules, module) || FromDirectory(u) && slices.Contains(u.Status.ByGroup.Modules, module)
}

// GroupGives reports what an organization's directory gives the people in a group beside access to workspaces: a role, or none, and
// modules.
func GroupGives(o *v1alpha1.Organization, group v1alpha1.ObjectName) (role v1alpha1.Role, modules []v1alpha1.ObjectName) {
	if o == nil {
		return "", nil
	}
	for _, m := range o.Spec.Directory.Roles {
		if m.Group == group {
			role = HigherRole(role, m.Role)
		}
	}
	for _, m := range o.Spec.Directory.Modules {
		if m.Group == group {
			modules = append(modules, m.Modules...)
		}
	}
	return role, modules
}
