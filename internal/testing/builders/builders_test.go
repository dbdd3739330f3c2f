// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package builders_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestBuilders(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Builders")
}

var _ = Describe("Builders", func() {
	It("leave a base unchanged when something is built from it", func() {
		base := builders.OrgUser("acme", "ana").Workspace("support", v1alpha1.WorkspaceEdit)
		admin := base.Role(v1alpha1.RoleOrganizationAdmin).Workspace("sales", v1alpha1.WorkspaceView).Obj()
		Expect(base.Obj().Spec.Role).To(Equal(v1alpha1.RoleMember))
		Expect(base.Obj().Spec.Workspaces).To(HaveLen(1))
		Expect(admin.Spec.Workspaces).To(HaveLen(2))
		Expect(base.Obj()).NotTo(BeIdenticalTo(base.Obj()))
	})

	It("build objects with sensible addresses and namespaces", func() {
		Expect(builders.Organization("acme").Obj().Namespace).To(Equal("acme"))
		Expect(builders.OrgUser("acme", "ana").Obj().Spec.Email).To(BeEquivalentTo("ana@acme.example"))
		Expect(builders.Invitation("acme", "team", "a@acme.example, b@acme.example").Obj().Spec.Role).To(Equal(v1alpha1.RoleMember))
		Expect(builders.Workspace("acme", "support").Obj().Spec).To(BeZero())
	})

	It("set the fields that their steps name", func() {
		organization := builders.Organization("acme").ModuleWithRole("remote-support", 25, "edit").
			Delegate("robot", v1alpha1.RoleTechnician).Protected().Obj()
		Expect(organization.Spec.Subscription.Modules).To(HaveExactElements(
			And(HaveField("Seats", HaveValue(BeEquivalentTo(25))), HaveField("ClusterRoleName", "edit"))))
		Expect(organization.Spec.Delegates).To(HaveLen(1))
		Expect(organization.Spec.DeletionProtection).To(Equal(v1alpha1.SwitchEnabled))
		invitation := builders.Invitation("acme", "team", "a@acme.example").Resend("1").Groups("helpdesk").Obj()
		Expect(invitation.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationResend, "1"))
		Expect(invitation.Spec.Groups).To(HaveLen(1))
		user := builders.OrgUser("acme", "ana").Existing().Suspended().Limited().Obj()
		Expect(user.Spec).To(And(HaveField("Suspend", true), HaveField("Onboarding", v1alpha1.OnboardingNone),
			HaveField("Access", v1alpha1.AccessLimited)))
		workspace := builders.Workspace("acme", "support").Member("a@acme.example", v1alpha1.WorkspaceView).
			Group("helpdesk", v1alpha1.WorkspaceEdit).Contact("Guardia", "").Device("kiosk", "").Obj()
		Expect(workspace.Spec.Members).To(HaveLen(2))
	})
})
