// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("User names by address", func() {
	oidc := effective.Usernames{Prefix: "oidc:"}
	ana := active("ana", v1alpha1.RoleOrganizationAdmin)
	ana.Status.Username, ana.Status.DisplayName = "oidc:ana@acme.example", "Ana Pérez"
	other := builders.OrgUser("acme", "sam").Email("sam@acme.example").Username("oidc:ana@acme.example").Obj()

	DescribeTable("ORG-28 name an inviter exactly, or by the address in any spelling",
		func(ctx context.Context, invitedBy string, kind authz.ActorKind, user, shown string) {
			reader := holding(acme("ana"), ana, other).WithUsernames(oidc)
			i := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy(invitedBy).Obj()
			Expect(reader.Inviter(ctx, i)).To(And(HaveField("Kind", kind), HaveField("User", user)))
			Expect(reader.InviterName(ctx, "acme", i.Spec.InvitedBy)).To(Equal(shown))
			Expect(reader.ReferencesExist(ctx, i)).To(Equal(kind != authz.ActorNobody || shown == ""))
		},
		Entry("exactly", "oidc:ana@acme.example", authz.ActorPerson, "ana", "Ana Pérez"),
		Entry("by the address", "Ana@Acme.Example", authz.ActorPerson, "ana", "Ana Pérez"),
		Entry("by the prefix and the address", "oidc:ANA@acme.example", authz.ActorPerson, "ana", "Ana Pérez"),
		Entry("not a person who is not in force", "sam@acme.example", authz.ActorNobody, "", "sam@acme.example"),
		Entry("nobody", "flux", authz.ActorNobody, "", ""),
	)

	It("ORG-28 name an inviter by a former address, until somebody else has that", func(ctx context.Context) {
		moved := ana.DeepCopy()
		moved.Spec.Email, moved.Status.Email, moved.Status.Username = "ana.gil@acme.example", "ana.gil@acme.example", "oidc:ana.gil@acme.example"
		moved.Status.FormerEmails = []string{"ana@acme.example"}
		i := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("oidc:ana@acme.example").Obj()
		Expect(holding(acme("ana"), moved).WithUsernames(oidc).Inviter(ctx, i)).To(HaveField("User", "ana"))
		byAddress := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("ana@acme.example").Obj()
		Expect(holding(acme("ana"), moved, byAddress).InvitationsByInviter(ctx, moved)).To(HaveLen(1))
		recycled := builders.OrgUser("acme", "new").Email("ana@acme.example").Obj()
		Expect(holding(acme("ana"), moved, recycled).WithUsernames(oidc).Inviter(ctx, i)).To(HaveField("Kind", authz.ActorNobody))
	})

	It("ORG-28 warn at a change of address about what follows and what does not", func(ctx context.Context) {
		moving := ana.DeepCopy()
		moving.Spec.Email, moving.Spec.Onboarding = "Ana.Gil@acme.example", v1alpha1.OnboardingNone
		moving.Status.Email, moving.Status.UsernameSource = "ana@acme.example", v1alpha1.UsernameFromAddress
		reader := holding(acme("ana"), moving, builders.Workspace("acme", "support").Member("ANA@acme.example", v1alpha1.WorkspaceEdit).Obj(),
			builders.Workspace("acme", "sales").Contact("Guardia", "ana@acme.example").Obj()).WithUsernames(oidc)
		Expect(reader.MissingReferenceWarnings(ctx, moving)).To(HaveExactElements(
			"spec.email: Ana.Gil@acme.example comes into force at once",
			"spec.email: the Kubernetes user name oidc:ana@acme.example then becomes oidc:ana.gil@acme.example, unless spec.username is set",
			`spec.email: workspace "sales" names ana@acme.example as a member or an assignee, which does not follow: name Ana.Gil@acme.example there as well`,
			`spec.email: workspace "support" names ana@acme.example as a member or an assignee, which does not follow: name Ana.Gil@acme.example there as well`))
	})

	It("ORG-28 do not let anybody act who signs in with another spelling", func(ctx context.Context) {
		reader := holding(acme("ana"), ana).WithUsernames(oidc)
		for _, username := range []string{"ana@acme.example", "oidc:Ana@acme.example"} {
			Expect(reader.Actor(ctx, authz.Platform{}, "acme", username, nil)).To(HaveField("Kind", authz.ActorNobody))
		}
	})

	It("ORG-12 are one account's, whether another requests it by name or by address", func(ctx context.Context) {
		reader := holding(acme("ana"), ana, other).WithUsernames(oidc)
		facts, err := reader.UserFacts(ctx, other)
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.UsernameOwner).To(Equal("ana"))
		Expect(reader.UsersByIdentity(ctx, ana)).To(HaveExactElements(HaveField("Name", "ana"), HaveField("Name", "sam")))

		holder := active("sam", v1alpha1.RoleMember)
		holder.Spec.Username, holder.Status.Username = "oidc:ana@acme.example", "oidc:ana@acme.example"
		added := builders.OrgUser("acme", "ana").Email("ANA@acme.example").Existing().Obj()
		reader = holding(acme("bea"), holder, added).WithUsernames(oidc)
		facts, err = reader.UserFacts(ctx, added)
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.UsernameOwner).To(Equal("sam"))
		Expect(reader.UsersByIdentity(ctx, holder)).To(HaveExactElements(HaveField("Name", "ana"), HaveField("Name", "sam")))
	})
})
