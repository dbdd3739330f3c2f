// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Deleting a user", func() {
	It("LMI-4 warns that a Limited account will be created if a device is assigned to the address", func(ctx context.Context) {
		going := stocked("going", "", "eva@acme.example")
		going.Finalizers, going.DeletionTimestamp = []string{v1alpha1.Finalizer}, ptr.To(metav1.Now())
		reader := holding(acme(), stocked("a", "", "EVA@acme.example"), going,
			builders.Workspace("acme", "b").Contact("Guardia", "eva@acme.example").Obj())
		Expect(reader.DeletionWarnings(ctx, active("eva", v1alpha1.RoleMember))).To(HaveExactElements(
			`device "kiosk" in workspace "a" is assigned to eva@acme.example: Usher will create a Limited account for this address unless ` +
				`you remove the assignee there`))
		Expect(reader.DeletionWarnings(ctx, active("sam", v1alpha1.RoleMember))).To(BeEmpty())
		Expect(reader.DeletionWarnings(ctx, acme())).To(BeEmpty())
	})

	It("ORG-22 warns that the pending user will be recreated if an Invitation invites the address", func(ctx context.Context) {
		to := func(name string, state v1alpha1.RecipientState) *v1alpha1.Invitation {
			return builders.Invitation("acme", name, "eva@acme.example").With(func(i *v1alpha1.Invitation) {
				i.Status.Recipients = []v1alpha1.RecipientStatus{{
					Email: "eva@acme.example", OnboardingStatus: v1alpha1.OnboardingStatus{State: state},
				}}
			}).Obj()
		}
		reader := holding(acme(), to("team", v1alpha1.RecipientInvited), to("taken-back", v1alpha1.RecipientRevoked),
			to("accepted", v1alpha1.RecipientActive), to("over", v1alpha1.RecipientExpired))
		eva := builders.OrgUser("acme", "eva").Obj()
		Expect(reader.DeletionWarnings(ctx, eva)).To(HaveExactElements(
			`Invitation "team" invites eva@acme.example: Usher will recreate the pending user unless you remove the address from spec.emails there`,
			"spec.emails of Invitations still names eva@acme.example: accepted. Sending one again invites the person again; remove the address "+
				"there unless the person returns"))
		Expect(holding(to("team", v1alpha1.RecipientInvited)).DeletionWarnings(ctx, eva)).To(BeEmpty(), "without an organization")
	})

	It("ORG-26 says where RoleBindings that Usher did not create are reported, if there may be any", func(ctx context.Context) {
		sam := active("sam", v1alpha1.RoleMember)
		sam.Status.Workspaces = []v1alpha1.WorkspaceGrantStatus{{Name: "sales"}, {Name: "support"}}
		Expect(holding(acme(), sam).DeletionWarnings(ctx, sam)).To(HaveExactElements(
			`RoleBindings that Usher did not create stay in the namespaces of these workspaces: sales, support. If one names the user ` +
				`"sam@acme.example", the condition AccountsExist of the Workspace will say so`))
		next := builders.OrgUser("acme", "samuel").Email("sam@acme.example").Obj()
		Expect(holding(acme(), sam, next).DeletionWarnings(ctx, sam)).To(BeEmpty(), "somebody has the name from then on")
	})

	It("does not warn if the organization is being deleted or is gone", func(ctx context.Context) {
		eva, w := active("eva", v1alpha1.RoleMember), stocked("a", "", "eva@acme.example")
		Expect(holding(w).DeletionWarnings(ctx, eva)).To(BeEmpty())
		going := acme()
		going.Finalizers, going.DeletionTimestamp = []string{v1alpha1.Finalizer}, ptr.To(metav1.Now())
		Expect(holding(going, w).DeletionWarnings(ctx, eva)).To(BeEmpty())
	})
})
