// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/policy"
)

// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=get;list;watch;create;patch;delete
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
}

// name holds the role: another role is another binding, which is there before the old one goes.
func (b binding) name(h holder) string { return "usher-" + h.name + "-" + b.roleRef().Name }

func (b binding) roleRef() rbacv1.RoleRef {
	if b.role != "" {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: b.role}
	}
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: b.clusterRole}
}

// bindingPlan is what has to change for somebody's access to be as it is in force.
type bindingPlan struct {
	apply  []*rbacv1.RoleBinding
	remove []*rbacv1.RoleBinding
}

func (p bindingPlan) empty() bool { return len(p.apply)+len(p.remove) == 0 }

// roleBindings gives the bindings of a role in the organization's own namespace; nil: the role has none (NOV-7).
func roleBindings(organization string, role v1alpha1.Role) []binding {
	clusterRole := policy.ClusterRoleForRole(role)
	if clusterRole == "" {
		return nil
	}
	bindings := []binding{{namespace: organization, clusterRole: clusterRole}}
	if policy.ReadsPayment(role) {
		bindings = append(bindings, binding{namespace: organization, role: PaymentRole})
	}
	return bindings
}

// wantedBindings gives the RoleBindings for what is in force (ORG-2, ORG-14, NOV-12).
func wantedBindings(user *v1alpha1.OrgUser, in policy.InForce, workspaces []*v1alpha1.Workspace) []binding {
	var wanted []binding
	if in.State == v1alpha1.UserActive {
		wanted = roleBindings(user.Namespace, in.Role)
	}
	namespaces := make(map[string]string, len(workspaces))
	for _, w := range workspaces {
		namespaces[w.Name] = w.Status.Namespace
	}
	for _, grant := range in.Workspaces {
		wanted = append(wanted, binding{
			namespace:   namespaces[string(grant.Name)],
			clusterRole: policy.ClusterRoleForAccess(grant.Access),
			workspace:   string(grant.Name),
		})
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
	for _, b := range wanted {
		want := b.build(h)
		key := client.ObjectKeyFromObject(want)
		if have, ok := byKey[key]; !ok || !sameBinding(have, want) {
			plan.apply = append(plan.apply, want)
		}
		delete(byKey, key)
	}
	for _, e := range existing {
		if _, left := byKey[client.ObjectKeyFromObject(e)]; left {
			plan.remove = append(plan.remove, e)
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

// carryOut brings a plan about: access given first, then access taken, so a change of role leaves no gap.
func (d Dependencies) carryOut(ctx context.Context, plan bindingPlan) error {
	for _, b := range plan.apply {
		if err := d.applyBinding(ctx, b); err != nil {
			return fmt.Errorf("RoleBinding %s in namespace %s: %w", b.Name, b.Namespace, err)
		}
	}
	for _, b := range plan.remove {
		if err := d.Client.Delete(ctx, b, client.Preconditions{UID: &b.UID}); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("RoleBinding %s in namespace %s: %w", b.Name, b.Namespace, err)
		}
	}
	return nil
}

func (d Dependencies) applyBinding(ctx context.Context, b *rbacv1.RoleBinding) error {
	subject := b.Subjects[0]
	to := rbacv1ac.Subject().WithKind(subject.Kind).WithName(subject.Name)
	if subject.APIGroup != "" {
		to.WithAPIGroup(subject.APIGroup)
	}
	if subject.Namespace != "" {
		to.WithNamespace(subject.Namespace)
	}
	err := d.Client.Apply(ctx, rbacv1ac.RoleBinding(b.Name, b.Namespace).
		WithLabels(b.Labels).
		WithRoleRef(rbacv1ac.RoleRef().WithAPIGroup(b.RoleRef.APIGroup).WithKind(b.RoleRef.Kind).WithName(b.RoleRef.Name)).
		WithSubjects(to),
		FieldOwner, client.ForceOwnership)
	if apierrors.IsInvalid(err) { // a binding of this name with another role, made by hand: a role cannot be changed
		if err := d.Client.Delete(ctx, b); err != nil {
			return err
		}
		return d.Client.Create(ctx, b, FieldOwner)
	}
	return err
}
