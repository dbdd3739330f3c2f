// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ModuleRole is a ClusterRole that a module in force grants in each workspace in force (GTA-10).
type ModuleRole struct {
	Module, ClusterRole string
}

// boundRoles returns the ClusterRoles of the modules in force that may be bound.
func boundRoles(f UserFacts, modules []v1alpha1.ObjectName) []ModuleRole {
	var roles []ModuleRole
	for _, m := range f.Organization.Spec.Subscription.Modules {
		if m.ClusterRoleName != "" && slices.Contains(modules, m.Name) && f.ClusterRoles[m.ClusterRoleName] == Grantable {
			roles = append(roles, ModuleRole{Module: string(m.Name), ClusterRole: m.ClusterRoleName})
		}
	}
	return roles
}

// WithModules returns a copy of what is in force with other modules, which must be modules of the organization.
func (in InForce) WithModules(f UserFacts, modules []v1alpha1.ObjectName) InForce {
	in.Modules, in.ModuleRoles = modules, nil
	if f.Organization != nil && len(in.Workspaces) > 0 {
		in.ModuleRoles = boundRoles(f, modules)
	}
	return in
}

// HasModule reports whether an organization's subscription has a module.
func HasModule(o *v1alpha1.Organization, name v1alpha1.ObjectName) bool {
	return slices.ContainsFunc(o.Spec.Subscription.Modules, func(m v1alpha1.Module) bool { return m.Name == name })
}
