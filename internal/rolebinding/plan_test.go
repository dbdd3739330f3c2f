// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A plan", func() {
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

	// existing returns a binding as the API server holds it.
	existing := func(b Binding) *rbacv1.RoleBinding {
		out := b.Build(UserHolder(luis, username))
		out.UID, out.ResourceVersion, out.CreationTimestamp = "1", "7", metav1.Unix(1, 0)
		return out
	}

	It("creates every binding of a holder who has none", func() {
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

	It("refers to a Role of the namespace for payment details", func() {
		pays := Binding{Namespace: "acme", role: "usher-payment"}
		plan := NewPlan(UserHolder(luis, username), []Binding{pays}, nil)
		Expect(names(plan.Apply)).To(Equal([]string{"acme/usher-luis-usher-payment"}))
		Expect(plan.Apply[0].RoleRef).To(Equal(rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "usher-payment"}))
		Expect(NewPlan(UserHolder(luis, username), []Binding{pays}, plan.Apply).Empty()).To(BeTrue())
	})

	It("is empty when the bindings are as they should be, whatever other labels they have", func() {
		have := []*rbacv1.RoleBinding{existing(edit), existing(home)}
		have[0].Labels["team"] = "helpdesk"
		Expect(NewPlan(UserHolder(luis, username), []Binding{home, edit}, have).Empty()).To(BeTrue())
	})

	It("replaces a binding by one with another role", func() {
		plan := NewPlan(UserHolder(luis, username), []Binding{home, view}, []*rbacv1.RoleBinding{existing(home), existing(edit)})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis-view"}))
		Expect(names(plan.Replaced)).To(Equal([]string{"acme-support/usher-luis-edit"}))
		Expect(plan.Delete).To(BeEmpty())
		Expect(plan.Empty()).To(BeFalse())
	})

	It("GTA-10 keeps a module's binding beside the workspace's own, under a name that no other user's can have", func() {
		desk := Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support", Module: "desk"}
		plan := NewPlan(UserHolder(luis, username), []Binding{edit, desk}, []*rbacv1.RoleBinding{existing(edit)})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis:desk"}))
		Expect(plan.Apply[0].Labels).To(And(
			HaveKeyWithValue("accounts.usher.dev/module", "desk"), HaveKeyWithValue("accounts.usher.dev/workspace", "support")))
		plan = NewPlan(UserHolder(luis, username), []Binding{edit}, []*rbacv1.RoleBinding{existing(edit), existing(desk)})
		Expect(names(plan.Delete)).To(Equal([]string{"acme-support/usher-luis:desk"}))
		Expect(append(plan.Apply, plan.Replaced...)).To(BeEmpty())
		other := desk
		other.ClusterRole = "tickets"
		plan = NewPlan(UserHolder(luis, username), []Binding{edit, other}, []*rbacv1.RoleBinding{existing(edit), existing(desk)})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis:desk"}), "with another ClusterRole")
		Expect(append(plan.Delete, plan.Replaced...)).To(BeEmpty())
	})

	It("ORG-26 deletes every binding of a user who has nothing in force", func() {
		plan := NewPlan(UserHolder(luis, username), nil, []*rbacv1.RoleBinding{existing(home), existing(edit)})
		Expect(names(plan.Delete)).To(ConsistOf("acme/usher-luis-usher-member", "acme-support/usher-luis-edit"))
		Expect(append(plan.Apply, plan.Replaced...)).To(BeEmpty())
	})

	DescribeTable("corrects a binding of which somebody has changed", func(change func(*rbacv1.RoleBinding)) {
		have := existing(edit)
		change(have)
		plan := NewPlan(UserHolder(luis, username), []Binding{edit}, []*rbacv1.RoleBinding{have})
		Expect(names(plan.Apply)).To(Equal([]string{"acme-support/usher-luis-edit"}))
		Expect(append(plan.Delete, plan.Replaced...)).To(BeEmpty())
	},
		Entry("the role", func(b *rbacv1.RoleBinding) { b.RoleRef.Name = "admin" }),
		Entry("the subject", func(b *rbacv1.RoleBinding) { b.Subjects[0].Name = "mallory@acme.example" }),
		Entry("the subjects, by adding one", func(b *rbacv1.RoleBinding) {
			b.Subjects = append(b.Subjects, rbacv1.Subject{Kind: "User", Name: "mallory@acme.example"})
		}),
		Entry("the subjects, by removing them all", func(b *rbacv1.RoleBinding) { b.Subjects = nil }),
		Entry("a label", func(b *rbacv1.RoleBinding) { b.Labels["accounts.usher.dev/workspace"] = "sales" }),
	)

	It("follows a change of the user name", func() {
		plan := NewPlan(UserHolder(luis, "oidc:luis"), []Binding{edit}, []*rbacv1.RoleBinding{existing(edit)})
		Expect(plan.Apply).To(HaveLen(1))
		Expect(plan.Apply[0].Subjects[0].Name).To(Equal("oidc:luis"))
	})
})
