// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

// ForUser returns the bindings of a user for what is in force (ORG-2, ORG-14, NOV-12), and one more for each module in each
// workspace (GTA-10).
func ForUser(f effective.UserFacts, in effective.InForce) []Binding {
	var wanted []Binding
	if in.State == v1alpha1.UserActive && f.Organization != nil {
		wanted = ForRole(f.Organization, in.Role)
	}
	namespaces := make(map[string]string, len(f.Workspaces))
	for _, w := range f.Workspaces {
		namespaces[w.Name] = w.Status.Namespace
	}
	for _, grant := range in.Workspaces {
		wanted = append(wanted, Binding{
			Namespace: namespaces[grant.Name], ClusterRole: effective.ClusterRoleForAccess(grant.Access), Workspace: grant.Name,
		})
	}
	for _, grant := range in.Workspaces {
		for _, role := range in.ModuleRoles {
			wanted = append(wanted, Binding{
				Namespace: namespaces[grant.Name], ClusterRole: role.ClusterRole, Workspace: grant.Name, Module: role.Module,
			})
		}
	}
	return wanted
}

// ForRole returns the bindings of a role in the organization's own namespace; nil: the role has none (NOV-7). An organization that
// names no payment details has no Role to read them, and its roles have no binding to it: RBAC would report the missing Role to the
// holder in every refusal.
func ForRole(o *v1alpha1.Organization, role v1alpha1.Role) []Binding {
	clusterRole := effective.ClusterRoleForRole(role)
	if clusterRole == "" {
		return nil
	}
	bindings := []Binding{{Namespace: o.Namespace, ClusterRole: clusterRole}}
	if authz.ReadsPayment(role) && PaymentRules(o) != nil {
		bindings = append(bindings, Binding{Namespace: o.Namespace, role: PaymentRole})
	}
	return bindings
}

// ForGroup returns the bindings of a group of the identity provider: one in each workspace that lists the OrgGroup and has a namespace
// (DIR-5). It has none in the organization's namespace, because a group has no role.
func ForGroup(grants []v1alpha1.GroupGrantStatus, namespaces map[string]string) []Binding {
	var wanted []Binding
	for _, grant := range grants {
		if namespace := namespaces[grant.Name]; namespace != "" {
			wanted = append(wanted, Binding{
				Namespace: namespace, ClusterRole: effective.ClusterRoleForAccess(grant.Access), Workspace: grant.Name,
			})
		}
	}
	return wanted
}
