// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("An Invitation of a person who is a user already", func() {
	const edit = v1alpha1.WorkspaceEdit
	const lacks = `is a user already, whom this Invitation does not change: to give them the role "Technician", the workspace "support" (Edit), ` +
		`edit OrgUser "kim"`
	kim := builders.OrgUser("acme", "kim").Email(luis)

	It("ORG-22 says what it does not give, and which OrgUser to edit, until the user has it", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Role(v1alpha1.RoleTechnician).Workspace("support", edit).Obj())
		user := kim.Obj()
		Expect(s.Create(ctx, user)).To(Succeed())
		s.inForce(ctx, user)
		s.succeed(ctx)
		i := s.invitation(ctx)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReady, v1alpha1.ReasonAlreadyMember))
		Expect(i.Status.Conditions[0].Message).To(Equal("1 of 1 have accepted; luis@acme.example " + lacks))
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientActive, 0), HaveField("User", "kim"), HaveField("Message", lacks)))

		user.Spec.Role, user.Spec.Workspaces = v1alpha1.RoleTechnician, i.Spec.Workspaces
		Expect(s.Update(ctx, user)).To(Succeed())
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis).Message).To(BeEmpty())
		Expect(s.invitation(ctx).Status.Conditions[0]).To(And(HaveField("Reason", "Ready"), HaveField("Message", "1 of 1 have accepted")))
	})

	It("ORG-22 does not say so of people who have come by it and have something else by now", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		s.succeed(ctx)
		s.join(ctx, luis)
		s.edit(ctx, func(i *v1alpha1.Invitation) { i.Spec.Role = v1alpha1.RoleTechnician })
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientActive, 1), HaveField("Message", BeEmpty())))
	})

	It("LMI-7 says that a Limited account holds the address, and how to invite the person", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		Expect(s.Create(ctx, kim.Limited().Obj())).To(Succeed())
		s.succeed(ctx)
		i := s.invitation(ctx)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReady, v1alpha1.ReasonAddressHeld))
		Expect(i.Status.Conditions[0].Message).To(Equal("0 of 1 have accepted; Pending: luis@acme.example; luis@acme.example has a Limited account, " +
			`which this Invitation does not change: to invite them, set spec.access to Full on OrgUser "kim"`))
	})

	DescribeTable("is reconciled when the user", func(ctx SpecContext, message string, change func(*v1alpha1.OrgUser), concerned bool) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		i := s.invitation(ctx)
		i.Status.Recipients = []v1alpha1.RecipientStatus{{
			Email: luis, Message: message, OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive},
		}}
		Expect(s.Status().Update(ctx, i)).To(Succeed())
		keys, err := s.r.invitationsForUser(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: kim.Obj(), After: kim.With(change).Obj()})
		Expect(err).NotTo(HaveOccurred())
		if concerned {
			Expect(keys).To(ConsistOf(types.NamespacedName{Namespace: "acme", Name: "team"}))
		} else {
			Expect(keys).To(BeEmpty())
		}
	},
		Entry("requests something else", "", func(u *v1alpha1.OrgUser) { u.Generation++ }, true),
		Entry("gets access, and the Invitation says that some is missing", "is a user already", inSupport, true),
		Entry("but not when it says nothing about the user", "", inSupport, false),
		Entry("but not when something else changes", "is a user already", func(u *v1alpha1.OrgUser) { u.Status.LastActive = "now" }, false),
	)
})

func inSupport(u *v1alpha1.OrgUser) {
	u.Status.Workspaces = []v1alpha1.WorkspaceGrantStatus{{Name: "support", Access: v1alpha1.WorkspaceEdit}}
}
