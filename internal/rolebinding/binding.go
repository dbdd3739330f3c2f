// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Binding is one RoleBinding that a holder is to have, to a ClusterRole or to a Role of the namespace.
type Binding struct {
	Namespace   string
	ClusterRole string
	role        string // set in place of ClusterRole
	Workspace   string // empty in the organization's namespace
	Module      string // empty unless the binding is a module's
}

// Build returns the RoleBinding of a holder.
func (b Binding) Build(h Holder) *rbacv1.RoleBinding {
	out := &rbacv1.RoleBinding{
		RoleRef:  b.roleRef(),
		Subjects: []rbacv1.Subject{h.subject()},
	}
	out.Namespace, out.Name = b.Namespace, b.name(h)
	out.Labels = map[string]string{
		v1alpha1.ManagedByLabel:    v1alpha1.ManagedByValue,
		v1alpha1.LabelOrganization: h.organization,
		h.label:                    h.Name,
	}
	if b.Workspace != "" {
		out.Labels[v1alpha1.LabelWorkspace] = b.Workspace
	}
	if b.Module != "" {
		out.Labels[v1alpha1.LabelModule] = b.Module
	}
	return out
}

// name returns the name of a holder's RoleBinding. It contains the role: another role is another binding, which exists before the
// old one is deleted. The name of a module's binding contains the module after a colon, which the name of a user cannot contain, so
// that no other user's binding has it. That of a group's contains two colons, which neither contains.
func (b Binding) name(h Holder) string {
	if h.label == v1alpha1.LabelGroup {
		return "usher-group:" + h.Name + ":" + b.roleRef().Name
	}
	if b.Module != "" {
		return "usher-" + h.Name + ":" + b.Module
	}
	return "usher-" + h.Name + "-" + b.roleRef().Name
}

func (b Binding) roleRef() rbacv1.RoleRef {
	if b.role != "" {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: b.role}
	}
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: b.ClusterRole}
}
