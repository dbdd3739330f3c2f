// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// owned gives a workspace that has its namespace.

// inWorkspace gives an access in force.

var _ = Describe("The RoleBindings that follow from what is in force", func() {
	luis := builders.OrgUser("acme", "luis").Obj()
	workspaces := []*v1alpha1.Workspace{builders.Owned("support"), builders.Owned("sales")}
	paying := builders.Organization("acme").With(func(o *v1alpha1.Organization) {
		o.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
	}).Obj()

	It("ORG-6 are none to payment details where there are none", func() {
		in := effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleBillingAdmin}
		Expect(ForUser(effective.UserFacts{User: luis, Organization: builders.Organization("acme").Obj()}, in)).To(
			HaveExactElements(Binding{Namespace: "acme", ClusterRole: "usher-billing-admin"}))
	})

	DescribeTable("are", func(in effective.InForce, expected ...Binding) {
		Expect(ForUser(effective.UserFacts{User: luis, Organization: paying, Workspaces: workspaces}, in)).To(HaveExactElements(expected))
	},
		Entry("ORG-14 the role's in the organization's namespace, and one a granted workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleMember,
				Workspaces: []v1alpha1.WorkspaceGrantStatus{builders.Granted("support", v1alpha1.WorkspaceEdit)},
			},
			Binding{Namespace: "acme", ClusterRole: "usher-member"},
			Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support"}),
		Entry("GTA-10 one more for each module in each granted workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleTechnician,
				Workspaces:  []v1alpha1.WorkspaceGrantStatus{builders.Granted("sales", v1alpha1.WorkspaceView), builders.Granted("support", v1alpha1.WorkspaceEdit)},
				ModuleRoles: []effective.ModuleRole{{Module: "desk", ClusterRole: "tickets"}, {Module: "fax", ClusterRole: "edit"}},
			},
			Binding{Namespace: "acme", ClusterRole: "usher-technician"},
			Binding{Namespace: "acme-sales", ClusterRole: "view", Workspace: "sales"},
			Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support"},
			Binding{Namespace: "acme-sales", ClusterRole: "tickets", Workspace: "sales", Module: "desk"},
			Binding{Namespace: "acme-sales", ClusterRole: "edit", Workspace: "sales", Module: "fax"},
			Binding{Namespace: "acme-support", ClusterRole: "tickets", Workspace: "support", Module: "desk"},
			Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support", Module: "fax"}),
		Entry("ORG-2 an administrator's in every workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin,
				Workspaces: []v1alpha1.WorkspaceGrantStatus{builders.Granted("sales", v1alpha1.WorkspaceAdmin), builders.Granted("support", v1alpha1.WorkspaceAdmin)},
			},
			Binding{Namespace: "acme", ClusterRole: "usher-organization-admin"},
			Binding{Namespace: "acme", role: "usher-payment"},
			Binding{Namespace: "acme-sales", ClusterRole: "admin", Workspace: "sales"},
			Binding{Namespace: "acme-support", ClusterRole: "admin", Workspace: "support"}),
		Entry("ORG-6 one to payment details for who manages billing",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleBillingAdmin},
			Binding{Namespace: "acme", ClusterRole: "usher-billing-admin"},
			Binding{Namespace: "acme", role: "usher-payment"}),
		Entry("ORG-8 none to payment details for who does not",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleUserAdmin},
			Binding{Namespace: "acme", ClusterRole: "usher-user-admin"}),
		Entry("NOV-7 none for who only receives notifications",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleNotificationsOnly}),
		Entry("NOV-12 none for who has not accepted", effective.InForce{State: v1alpha1.UserPending}),
		Entry("NOV-13 none for who is suspended", effective.InForce{State: v1alpha1.UserSuspended, Accepted: true}),
		Entry("ORG-26 none for who is removed", effective.InForce{State: v1alpha1.UserRemoving, Accepted: true}),
		Entry("none for who waits for the ledger", effective.InForce{State: v1alpha1.UserActive, AwaitingLedger: true}),
	)
})

var _ = Describe("The plan of a person's access", func() {
	const username = "luis@acme.example"
	luis := builders.OrgUser("acme", "luis").Obj()
	home := Binding{Namespace: "acme", ClusterRole: "usher-member"}
	edit := Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support"}
	view := Binding{Namespace: "acme-support", ClusterRole: "view", Workspace: "support"}

	names := func(list []*rbacv1.RoleBinding) []string {
		found := []string{}
		for _, b := range list {
			found = append(found, b.Namespace+"/"+b.Name)
		}
		return found
	}

	// there gives a binding as the API server holds it.
	there := func(b Binding) *rbacv1.RoleBinding {
		out := b.Build(UserHolder(luis, username))
		out.UID, out.ResourceVersion, out.CreationTimestamp = "1", "7", metav1.Unix(1, 0)
		return out
	}

	It("gives everything to who has nothing", func() {
		plan := NewPlan(UserHolder(luis, username), []Binding{home, edit}, nil)
		Expect(names(plan.Apply)).To(Equal([]string{"acme/usher-luis-usher-member", "acme-support/usher-luis-edit"}))
		Expect(plan.Delete).To(BeEmpty())
		Expect(plan.Apply[1]).To(Equal(&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: "acme-support", Name: "usher-luis-edit",
				Labels: map[string]string{
					"app.kubernetes.io/managed-by":    "usher",
					"accounts.usher.dev/organization": "acme",
					"accounts.usher.dev/user":         "luis",
					"accounts.usher.dev/workspace":    "support",
				},
			},
			RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "edit"},
			Subjects: []rbacv1.Subject{{APIGroup: "rbac.authorization.k8s.io", Kind: "User", Name: username}},
		}))
		Expect(plan.Apply[0].Labels).NotTo(HaveKey("accounts.usher.dev/workspace"))
	})

	It("refers to a Role of the namespace where there is one for the purpose", func() {
		pays := Binding{Namespace: "acme", role: "usher-payment"}
		plan := NewPlan(UserHolder(luis, username), []Binding{pays}, nil)
		Expect(names(plan.Apply)).To(Equal([]string{"acme/usher-luis-usher-payment"}))
		Expect(plan.Apply[0].RoleRef).To(Equal(rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "usher-payment"}))
		Expect(NewPlan(UserHolder(luis, username), []Binding{pays}, plan.Apply).Empty()).To(BeTrue())
	})

	It("is empty when everything is as it should be, so that nothing is written", func() {
		existing := []*rbacv1.RoleBinding{there(edit), there(home)}
		existing[0].Labels["team"] = "helpdesk"
		Expect(NewPlan(UserHolder(luis, username), []Binding{home, edit}, existing).Empty()).To(BeTrue())
	})

	It("makes a new access before it takes the old one", func() {
		plan := NewPlan(UserHolder(luis, username), []Binding{home, view}, []*rbacv1.RoleBinding{there(home), there(edit)})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis-view"}))
		Expect(names(plan.Replaced)).To(Equal([]string{"acme-support/usher-luis-edit"}))
		Expect(plan.Delete).To(BeEmpty())
		Expect(plan.Empty()).To(BeFalse())
	})

	It("GTA-10 keeps a module's beside the workspace's own, under a name that no other user's can have", func() {
		desk := Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support", Module: "desk"}
		plan := NewPlan(UserHolder(luis, username), []Binding{edit, desk}, []*rbacv1.RoleBinding{there(edit)})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis:desk"}))
		Expect(plan.Apply[0].Labels).To(And(HaveKeyWithValue("accounts.usher.dev/module", "desk"), HaveKeyWithValue("accounts.usher.dev/workspace", "support")))
		plan = NewPlan(UserHolder(luis, username), []Binding{edit}, []*rbacv1.RoleBinding{there(edit), there(desk)})
		Expect(names(plan.Delete)).To(Equal([]string{"acme-support/usher-luis:desk"}))
		Expect(append(plan.Apply, plan.Replaced...)).To(BeEmpty())
		other := desk
		other.ClusterRole = "tickets"
		plan = NewPlan(UserHolder(luis, username), []Binding{edit, other}, []*rbacv1.RoleBinding{there(edit), there(desk)})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis:desk"}), "with another ClusterRole")
		Expect(append(plan.Delete, plan.Replaced...)).To(BeEmpty())
	})

	It("ORG-26 takes everything from who has nothing in force", func() {
		plan := NewPlan(UserHolder(luis, username), nil, []*rbacv1.RoleBinding{there(home), there(edit)})
		Expect(names(plan.Delete)).To(ConsistOf("acme/usher-luis-usher-member", "acme-support/usher-luis-edit"))
		Expect(append(plan.Apply, plan.Replaced...)).To(BeEmpty())
	})

	DescribeTable("sets right what somebody changed", func(change func(*rbacv1.RoleBinding)) {
		existing := there(edit)
		change(existing)
		plan := NewPlan(UserHolder(luis, username), []Binding{edit}, []*rbacv1.RoleBinding{existing})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis-edit"}))
		Expect(append(plan.Delete, plan.Replaced...)).To(BeEmpty())
	},
		Entry("the role", func(b *rbacv1.RoleBinding) { b.RoleRef.Name = "admin" }),
		Entry("the person", func(b *rbacv1.RoleBinding) { b.Subjects[0].Name = "mallory@acme.example" }),
		Entry("one more person", func(b *rbacv1.RoleBinding) {
			b.Subjects = append(b.Subjects, rbacv1.Subject{Kind: "User", Name: "mallory@acme.example"})
		}),
		Entry("nobody", func(b *rbacv1.RoleBinding) { b.Subjects = nil }),
		Entry("a label", func(b *rbacv1.RoleBinding) { b.Labels["accounts.usher.dev/workspace"] = "sales" }),
	)

	It("follows another user name", func() {
		plan := NewPlan(UserHolder(luis, "oidc:luis"), []Binding{edit}, []*rbacv1.RoleBinding{there(edit)})
		Expect(plan.Apply).To(HaveLen(1))
		Expect(plan.Apply[0].Subjects[0].Name).To(Equal("oidc:luis"))
	})
})
