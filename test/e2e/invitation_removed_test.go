// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A person who accepted and was removed", func() {
	var (
		org, luis string
		i         *v1alpha1.Invitation
		old       string
	)

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, english)
		luis = "luis@" + org + ".example"
		i = builders.Invitation(org, "team", luis, "eva@"+org+".example").Obj()
		invite(ctx, i)
		old = newestLink(luis, "/i/", 1)
		accept(ctx, luis, "Luis Gil")
		user := userOf(ctx, org, luis)
		Eventually(get(ctx, user)).Should(HaveField("Status.State", v1alpha1.UserActive))
		Eventually(func() []string { return idsOf(luis) }).Should(HaveLen(3))
		Expect(env.Client.Delete(ctx, user)).To(Succeed())
		Eventually(gone(ctx, user)).Should(Succeed())
	})

	It("ORG-26 is revoked, which the Invitation says, and gets no mail when the Invitation changes", func(ctx context.Context) {
		Eventually(get(ctx, i)).Should(And(BeReady(), stateOf(luis, v1alpha1.RecipientRevoked, 1), saying(Equal(
			"AccountRemoved: 0 of 2 have accepted; Invited: eva@"+org+".example; Revoked: "+luis+"; "+luis+" had accepted, but OrgUser "+
				`"`+recipientOf(i, luis).User+`" was deleted since. Unless they are to come back, remove the address from spec.emails; to invite `+
				"them again: kubectl annotate invitation "+i.Name+" -n "+org+` --overwrite accounts.usher.dev/resend="`+luis+` $(date +%s)"`))))
		edit(ctx, i, func(i *v1alpha1.Invitation) { i.Spec.Role = v1alpha1.RoleTechnician })
		Eventually(get(ctx, i)).Should(HaveField("Status.ObservedGeneration", i.Generation))
		settle(ctx)
		Expect(idsOf(luis)).To(HaveLen(3))
		Expect(usersWith(ctx, org, luis)(Default)).To(BeEmpty())
	})

	DescribeTable("ORG-28 WXP-7 is invited anew when", func(ctx context.Context, again func(context.Context)) {
		again(ctx)
		link := newestLink(luis, "/i/", 2)
		Expect(look(ctx, old).Status).To(Equal(http.StatusGone))
		press(ctx, link, filledIn("Luis Gil"))
		press(ctx, newestLink(luis, "/c/", 2), nil)
		Eventually(get(ctx, userOf(ctx, org, luis))).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
		Expect(look(ctx, old).Status).To(Equal(http.StatusGone))
		Eventually(get(ctx, i)).Should(saying(HavePrefix("Ready: 1 of 2 have accepted")))
	},
		Entry("the Invitation is sent again", func(ctx context.Context) { resend(ctx, i, "again") }),
		Entry("the address is removed and added again", func(ctx context.Context) {
			both := i.Spec.Emails
			edit(ctx, i, func(i *v1alpha1.Invitation) { i.Spec.Emails = both[1:] })
			Eventually(get(ctx, i)).Should(stateOf(luis, v1alpha1.RecipientRevoked, 1))
			edit(ctx, i, func(i *v1alpha1.Invitation) { i.Spec.Emails = both })
		}),
		Entry("another Invitation names the address", func(ctx context.Context) {
			create(ctx, builders.Invitation(org, "again", luis).Obj())
		}),
	)
})
