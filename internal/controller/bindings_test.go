// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// owned gives a workspace that has its namespace.
func owned(name string) *v1alpha1.Workspace {
	w := builders.Workspace("acme", name).Obj()
	w.Status.Namespace = "acme-" + name
	return w
}

func grant(name string, access v1alpha1.WorkspaceAccess) v1alpha1.WorkspaceGrant {
	return v1alpha1.WorkspaceGrant{Name: v1alpha1.ObjectName(name), Access: access}
}

// inWorkspace gives an access in force.
func inWorkspace(name string, access v1alpha1.WorkspaceAccess) v1alpha1.WorkspaceGrantStatus {
	return v1alpha1.WorkspaceGrantStatus{Name: name, Access: access}
}

var _ = Describe("The RoleBindings that follow from what is in force", func() {
	luis := builders.OrgUser("acme", "luis").Obj()
	workspaces := []*v1alpha1.Workspace{owned("support"), owned("sales")}
	paying := builders.Organization("acme").With(func(o *v1alpha1.Organization) {
		o.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
	}).Obj()

	It("ORG-6 are none to payment details where there are none", func() {
		in := effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleBillingAdmin}
		Expect(wantedBindings(effective.UserFacts{User: luis, Organization: builders.Organization("acme").Obj()}, in)).To(
			HaveExactElements(binding{namespace: "acme", clusterRole: "usher-billing-admin"}))
	})

	DescribeTable("are", func(in effective.InForce, expected ...binding) {
		Expect(wantedBindings(effective.UserFacts{User: luis, Organization: paying, Workspaces: workspaces}, in)).To(HaveExactElements(expected))
	},
		Entry("ORG-14 the role's in the organization's namespace, and one a granted workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleMember,
				Workspaces: []v1alpha1.WorkspaceGrantStatus{inWorkspace("support", v1alpha1.WorkspaceEdit)},
			},
			binding{namespace: "acme", clusterRole: "usher-member"},
			binding{namespace: "acme-support", clusterRole: "edit", workspace: "support"}),
		Entry("GTA-10 one more for each module in each granted workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleTechnician,
				Workspaces:  []v1alpha1.WorkspaceGrantStatus{inWorkspace("sales", v1alpha1.WorkspaceView), inWorkspace("support", v1alpha1.WorkspaceEdit)},
				ModuleRoles: []effective.ModuleRole{{Module: "desk", ClusterRole: "tickets"}, {Module: "fax", ClusterRole: "edit"}},
			},
			binding{namespace: "acme", clusterRole: "usher-technician"},
			binding{namespace: "acme-sales", clusterRole: "view", workspace: "sales"},
			binding{namespace: "acme-support", clusterRole: "edit", workspace: "support"},
			binding{namespace: "acme-sales", clusterRole: "tickets", workspace: "sales", module: "desk"},
			binding{namespace: "acme-sales", clusterRole: "edit", workspace: "sales", module: "fax"},
			binding{namespace: "acme-support", clusterRole: "tickets", workspace: "support", module: "desk"},
			binding{namespace: "acme-support", clusterRole: "edit", workspace: "support", module: "fax"}),
		Entry("ORG-2 an administrator's in every workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin,
				Workspaces: []v1alpha1.WorkspaceGrantStatus{inWorkspace("sales", v1alpha1.WorkspaceAdmin), inWorkspace("support", v1alpha1.WorkspaceAdmin)},
			},
			binding{namespace: "acme", clusterRole: "usher-organization-admin"},
			binding{namespace: "acme", role: "usher-payment"},
			binding{namespace: "acme-sales", clusterRole: "admin", workspace: "sales"},
			binding{namespace: "acme-support", clusterRole: "admin", workspace: "support"}),
		Entry("ORG-6 one to payment details for who manages billing",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleBillingAdmin},
			binding{namespace: "acme", clusterRole: "usher-billing-admin"},
			binding{namespace: "acme", role: "usher-payment"}),
		Entry("ORG-8 none to payment details for who does not",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleUserAdmin},
			binding{namespace: "acme", clusterRole: "usher-user-admin"}),
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
	home := binding{namespace: "acme", clusterRole: "usher-member"}
	edit := binding{namespace: "acme-support", clusterRole: "edit", workspace: "support"}
	view := binding{namespace: "acme-support", clusterRole: "view", workspace: "support"}

	names := func(list []*rbacv1.RoleBinding) []string {
		found := []string{}
		for _, b := range list {
			found = append(found, b.Namespace+"/"+b.Name)
		}
		return found
	}

	// there gives a binding as the API server holds it.
	there := func(b binding) *rbacv1.RoleBinding {
		out := b.build(personOf(luis, username))
		out.UID, out.ResourceVersion, out.CreationTimestamp = "1", "7", metav1.Unix(1, 0)
		return out
	}

	It("gives everything to who has nothing", func() {
		plan := planBindings(personOf(luis, username), []binding{home, edit}, nil)
		Expect(names(plan.apply)).To(Equal([]string{"acme/usher-luis-usher-member", "acme-support/usher-luis-edit"}))
		Expect(plan.take).To(BeEmpty())
		Expect(plan.apply[1]).To(Equal(&rbacv1.RoleBinding{
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
		Expect(plan.apply[0].Labels).NotTo(HaveKey("accounts.usher.dev/workspace"))
	})

	It("refers to a Role of the namespace where there is one for the purpose", func() {
		pays := binding{namespace: "acme", role: "usher-payment"}
		plan := planBindings(personOf(luis, username), []binding{pays}, nil)
		Expect(names(plan.apply)).To(Equal([]string{"acme/usher-luis-usher-payment"}))
		Expect(plan.apply[0].RoleRef).To(Equal(rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "usher-payment"}))
		Expect(planBindings(personOf(luis, username), []binding{pays}, plan.apply).empty()).To(BeTrue())
	})

	It("is empty when everything is as it should be, so that nothing is written", func() {
		existing := []*rbacv1.RoleBinding{there(edit), there(home)}
		existing[0].Labels["team"] = "helpdesk"
		Expect(planBindings(personOf(luis, username), []binding{home, edit}, existing).empty()).To(BeTrue())
	})

	It("makes a new access before it takes the old one", func() {
		plan := planBindings(personOf(luis, username), []binding{home, view}, []*rbacv1.RoleBinding{there(home), there(edit)})
		Expect(names(plan.apply)).To(Equal([]string{"acme-support/usher-luis-view"}))
		Expect(names(plan.replaced)).To(Equal([]string{"acme-support/usher-luis-edit"}))
		Expect(plan.take).To(BeEmpty())
		Expect(plan.empty()).To(BeFalse())
	})

	It("GTA-10 keeps a module's beside the workspace's own, under a name that no other user's can have", func() {
		desk := binding{namespace: "acme-support", clusterRole: "edit", workspace: "support", module: "desk"}
		plan := planBindings(personOf(luis, username), []binding{edit, desk}, []*rbacv1.RoleBinding{there(edit)})
		Expect(names(plan.apply)).To(Equal([]string{"acme-support/usher-luis:desk"}))
		Expect(plan.apply[0].Labels).To(And(HaveKeyWithValue("accounts.usher.dev/module", "desk"), HaveKeyWithValue("accounts.usher.dev/workspace", "support")))
		plan = planBindings(personOf(luis, username), []binding{edit}, []*rbacv1.RoleBinding{there(edit), there(desk)})
		Expect(names(plan.take)).To(Equal([]string{"acme-support/usher-luis:desk"}))
		Expect(append(plan.apply, plan.replaced...)).To(BeEmpty())
		other := desk
		other.clusterRole = "tickets"
		plan = planBindings(personOf(luis, username), []binding{edit, other}, []*rbacv1.RoleBinding{there(edit), there(desk)})
		Expect(names(plan.apply)).To(Equal([]string{"acme-support/usher-luis:desk"}), "with another ClusterRole")
		Expect(append(plan.take, plan.replaced...)).To(BeEmpty())
	})

	It("ORG-26 takes everything from who has nothing in force", func() {
		plan := planBindings(personOf(luis, username), nil, []*rbacv1.RoleBinding{there(home), there(edit)})
		Expect(names(plan.take)).To(ConsistOf("acme/usher-luis-usher-member", "acme-support/usher-luis-edit"))
		Expect(append(plan.apply, plan.replaced...)).To(BeEmpty())
	})

	DescribeTable("sets right what somebody changed", func(change func(*rbacv1.RoleBinding)) {
		existing := there(edit)
		change(existing)
		plan := planBindings(personOf(luis, username), []binding{edit}, []*rbacv1.RoleBinding{existing})
		Expect(names(plan.apply)).To(Equal([]string{"acme-support/usher-luis-edit"}))
		Expect(append(plan.take, plan.replaced...)).To(BeEmpty())
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
		plan := planBindings(personOf(luis, "oidc:luis"), []binding{edit}, []*rbacv1.RoleBinding{there(edit)})
		Expect(plan.apply).To(HaveLen(1))
		Expect(plan.apply[0].Subjects[0].Name).To(Equal("oidc:luis"))
	})
})

var _ = Describe("Namespaces", func() {
	w := builders.Workspace("acme", "support").Obj()
	namespaceFor := func(w *v1alpha1.Workspace, name string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: namespaceLabels(w)}}
	}

	It("are a workspace's own only when they were made for this very one", func() {
		mine := namespaceFor(w, "acme-support")
		Expect(owns(w, mine)).To(BeTrue())
		for _, label := range []string{"app.kubernetes.io/managed-by", "accounts.usher.dev/organization", "accounts.usher.dev/workspace"} {
			other := mine.DeepCopy()
			other.Labels[label] = "other"
			Expect(owns(w, other)).To(BeFalse(), label)
			delete(other.Labels, label)
			Expect(owns(w, other)).To(BeFalse(), label)
		}
	})

	It("of others are left alone, with what to do about it", func() {
		other := namespaceFor(builders.Workspace("acme", "helpdesk").Obj(), "acme-support")
		Expect(conflictMessage(w, other)).To(Equal(
			`namespace "acme-support" belongs to workspace "helpdesk": delete this Workspace and make one with another spec.namespace`))
		foreign := namespaceFor(builders.Workspace("rival", "support").Obj(), "acme-support")
		Expect(conflictMessage(w, foreign)).To(And(Not(ContainSubstring("rival")), ContainSubstring("never takes one over")))
		foreign.Labels = nil
		Expect(conflictMessage(w, foreign)).To(ContainSubstring("was not made by Usher"))
	})
})
