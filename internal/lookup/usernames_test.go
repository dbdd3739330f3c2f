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
