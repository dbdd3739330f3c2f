// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Who invited a user", func() {
	It("ORG-18 is the inviter of the Invitation, or the one that the user names", func(ctx context.Context) {
		team := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("ana@acme.example").Obj()
		named := func(u *v1alpha1.OrgUser) { u.Spec.InvitedBy = "bea@acme.example" }
		invited := builders.OrgUser("acme", "luis").With(func(u *v1alpha1.OrgUser) {
			u.Labels = map[string]string{v1alpha1.LabelInvitation: "team"}
			named(u)
		}).Obj()
		reader := holding(team, invited)
		inviterOf := func(u *v1alpha1.OrgUser) string {
			facts, err := reader.UserFacts(ctx, u)
			Expect(err).NotTo(HaveOccurred())
			return facts.InvitedBy
		}
		Expect(inviterOf(invited)).To(Equal("ana@acme.example"))
		Expect(inviterOf(builders.OrgUser("acme", "nora").With(named).Obj())).To(Equal("bea@acme.example"))
		Expect(inviterOf(builders.OrgUser("acme", "sam").Obj())).To(BeEmpty())
		Expect(inviterOf(builders.OrgUser("acme", "kim").Existing().With(named).Obj())).To(BeEmpty(), "nobody invites who exists already")
	})
})
