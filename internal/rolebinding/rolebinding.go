// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=get;list;watch
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=bind,resourceNames=admin;edit;view;usher-organization-admin;usher-billing-admin;usher-finance-admin;usher-user-admin;usher-technician;usher-member

// holder is who is to have bindings: a person, or a delegate.
type Holder struct {
	organization string
	// label and name say in the bindings' labels whose they are.
	label, Name string
	username    string
}

func UserHolder(user *v1alpha1.OrgUser, username string) Holder {
	return Holder{organization: user.Namespace, label: v1alpha1.LabelUser, Name: user.Name, username: username}
}

// binding is one RoleBinding that somebody is to have, to a ClusterRole or to a Role of the namespace.
type Binding struct {
	Namespace   string
	ClusterRole string
	role        string
	Workspace   string // empty in the organization's namespace
	Module      string // empty unless it is a module's
}

// name holds the role: another role is another binding, which is there before the old one goes. That of a module holds the
// module behind a colon, which no name of a user holds: so it is nobody else's.
func (b Binding) name(h Holder) string {
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

// bindingPlan is what has to change for somebody's access to be as it is in force.
type Plan struct {
	// take are bindings in whose place none comes.
	Delete []*rbacv1.RoleBinding
	// apply are bindings that are missing or different.
	Apply []*rbacv1.RoleBinding
	// replaced are bindings in whose place others come, which are there before these go.
	Replaced []*rbacv1.RoleBinding
}

func (p Plan) Empty() bool { return len(p.Delete)+len(p.Apply)+len(p.Replaced) == 0 }

// place is where a person has one access.
type bindingSlot struct{ namespace, module string }

// roleBindings gives the bindings of a role in the organization's own namespace; nil: the role has none (NOV-7). Without
// payment details there is no Role to read them: RBAC would name it to who has it in every refusal.
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

// wantedBindings gives the RoleBindings for what is in force (ORG-2, ORG-14, NOV-12), each module's in each workspace
// (GTA-10).
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

// planBindings compares what is wanted with what is there, so that nothing is written when nothing is different.
func NewPlan(h Holder, wanted []Binding, existing []*rbacv1.RoleBinding) Plan {
	byKey := make(map[client.ObjectKey]*rbacv1.RoleBinding, len(existing))
	for _, e := range existing {
		byKey[client.ObjectKeyFromObject(e)] = e
	}
	var plan Plan
	places := make(map[bindingSlot]bool, len(wanted))
	for _, b := range wanted {
		places[bindingSlot{b.Namespace, b.Module}] = true
		want := b.Build(h)
		key := client.ObjectKeyFromObject(want)
		if have, ok := byKey[key]; !ok || !sameBinding(have, want) {
			plan.Apply = append(plan.Apply, want)
		}
		delete(byKey, key)
	}
	for _, e := range existing {
		switch _, left := byKey[client.ObjectKeyFromObject(e)]; {
		case !left:
		case places[bindingSlot{e.Namespace, e.Labels[v1alpha1.LabelModule]}]:
			plan.Replaced = append(plan.Replaced, e)
		default:
			plan.Delete = append(plan.Delete, e)
		}
	}
	return plan
}

func (b Binding) Build(h Holder) *rbacv1.RoleBinding {
	out := &rbacv1.RoleBinding{
		RoleRef:  b.roleRef(),
		Subjects: []rbacv1.Subject{subjectOf(h.username)},
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

// subjectOf gives the subject of a user name; a service account's is of its own kind.
func subjectOf(username string) rbacv1.Subject {
	if account, is := strings.CutPrefix(username, "system:serviceaccount:"); is {
		namespace, name, _ := strings.Cut(account, ":")
		return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
	}
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: username}
}

func sameBinding(have, want *rbacv1.RoleBinding) bool {
	if have.RoleRef != want.RoleRef || len(have.Subjects) != 1 || have.Subjects[0] != want.Subjects[0] {
		return false
	}
	for key, value := range want.Labels {
		if have.Labels[key] != value {
			return false
		}
	}
	return true
}
