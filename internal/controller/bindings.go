// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

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
type holder struct {
	organization string
	// label and name say in the bindings' labels whose they are.
	label, name string
	username    string
}

func personOf(user *v1alpha1.OrgUser, username string) holder {
	return holder{organization: user.Namespace, label: v1alpha1.LabelUser, name: user.Name, username: username}
}

// binding is one RoleBinding that somebody is to have, to a ClusterRole or to a Role of the namespace.
type binding struct {
	namespace   string
	clusterRole string
	role        string
	workspace   string // empty in the organization's namespace
	module      string // empty unless it is a module's
}

// name holds the role: another role is another binding, which is there before the old one goes. That of a module holds the
// module behind a colon, which no name of a user holds: so it is nobody else's.
func (b binding) name(h holder) string {
	if b.module != "" {
		return "usher-" + h.name + ":" + b.module
	}
	return "usher-" + h.name + "-" + b.roleRef().Name
}

func (b binding) roleRef() rbacv1.RoleRef {
	if b.role != "" {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: b.role}
	}
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: b.clusterRole}
}

// bindingPlan is what has to change for somebody's access to be as it is in force.
type bindingPlan struct {
	// take are bindings in whose place none comes.
	take []*rbacv1.RoleBinding
	// apply are bindings that are missing or different.
	apply []*rbacv1.RoleBinding
	// replaced are bindings in whose place others come, which are there before these go.
	replaced []*rbacv1.RoleBinding
}

func (p bindingPlan) empty() bool { return len(p.take)+len(p.apply)+len(p.replaced) == 0 }

// place is where a person has one access.
type place struct{ namespace, module string }

// roleBindings gives the bindings of a role in the organization's own namespace; nil: the role has none (NOV-7). Without
// payment details there is no Role to read them: RBAC would name it to who has it in every refusal.
func roleBindings(o *v1alpha1.Organization, role v1alpha1.Role) []binding {
	clusterRole := effective.ClusterRoleForRole(role)
	if clusterRole == "" {
		return nil
	}
	bindings := []binding{{namespace: o.Namespace, clusterRole: clusterRole}}
	if authz.ReadsPayment(role) && paymentRules(o) != nil {
		bindings = append(bindings, binding{namespace: o.Namespace, role: PaymentRole})
	}
	return bindings
}

// wantedBindings gives the RoleBindings for what is in force (ORG-2, ORG-14, NOV-12), each module's in each workspace
// (GTA-10).
func wantedBindings(f effective.UserFacts, in effective.InForce) []binding {
	var wanted []binding
	if in.State == v1alpha1.UserActive && f.Organization != nil {
		wanted = roleBindings(f.Organization, in.Role)
	}
	namespaces := make(map[string]string, len(f.Workspaces))
	for _, w := range f.Workspaces {
		namespaces[w.Name] = w.Status.Namespace
	}
	for _, grant := range in.Workspaces {
		wanted = append(wanted, binding{
			namespace: namespaces[grant.Name], clusterRole: effective.ClusterRoleForAccess(grant.Access), workspace: grant.Name,
		})
	}
	for _, grant := range in.Workspaces {
		for _, role := range in.ModuleRoles {
			wanted = append(wanted, binding{
				namespace: namespaces[grant.Name], clusterRole: role.ClusterRole, workspace: grant.Name, module: role.Module,
			})
		}
	}
	return wanted
}

// planBindings compares what is wanted with what is there, so that nothing is written when nothing is different.
func planBindings(h holder, wanted []binding, existing []*rbacv1.RoleBinding) bindingPlan {
	byKey := make(map[client.ObjectKey]*rbacv1.RoleBinding, len(existing))
	for _, e := range existing {
		byKey[client.ObjectKeyFromObject(e)] = e
	}
	var plan bindingPlan
	places := make(map[place]bool, len(wanted))
	for _, b := range wanted {
		places[place{b.namespace, b.module}] = true
		want := b.build(h)
		key := client.ObjectKeyFromObject(want)
		if have, ok := byKey[key]; !ok || !sameBinding(have, want) {
			plan.apply = append(plan.apply, want)
		}
		delete(byKey, key)
	}
	for _, e := range existing {
		switch _, left := byKey[client.ObjectKeyFromObject(e)]; {
		case !left:
		case places[place{e.Namespace, e.Labels[v1alpha1.LabelModule]}]:
			plan.replaced = append(plan.replaced, e)
		default:
			plan.take = append(plan.take, e)
		}
	}
	return plan
}

func (b binding) build(h holder) *rbacv1.RoleBinding {
	out := &rbacv1.RoleBinding{
		RoleRef:  b.roleRef(),
		Subjects: []rbacv1.Subject{subjectOf(h.username)},
	}
	out.Namespace, out.Name = b.namespace, b.name(h)
	out.Labels = map[string]string{
		v1alpha1.ManagedByLabel:    v1alpha1.ManagedByValue,
		v1alpha1.LabelOrganization: h.organization,
		h.label:                    h.name,
	}
	if b.workspace != "" {
		out.Labels[v1alpha1.LabelWorkspace] = b.workspace
	}
	if b.module != "" {
		out.Labels[v1alpha1.LabelModule] = b.module
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
