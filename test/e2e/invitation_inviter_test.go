// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("An invitation whose inviter", func() {
	DescribeTable("NOV-4 loses the right to grant the role cannot be accepted, and says what to do,", func(ctx context.Context,
		lose func(context.Context, *v1alpha1.OrgUser),
	) {
		org := organization(ctx, english)
		kim, pat := "kim@"+org+".example", "pat@"+org+".example"
		bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, bea)
		awaitReady(ctx, bea)
		i := builders.Invitation(org, "theirs", kim, pat).Obj()
		Expect(env.As(string(bea.Spec.Email)).Create(ctx, i)).To(Succeed())
		invite := newestLink(kim, "/i/", 1)
		press(ctx, newestLink(pat, "/i/", 1), filledIn("Pat"))
		confirm := newestLink(pat, "/c/", 1)
		awaitReady(ctx, i)

		lose(ctx, bea)
		Eventually(get(ctx, i)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonInviterUnauthorized))
		Expect(i).To(And(KeepKstatus(), saying(Equal(`InviterUnauthorized: nobody can accept, because the inviter "`+string(bea.Spec.Email)+`" `+
			`may not give the role "Member". Somebody who may give the role can take the Invitation over, and the links stay valid: `+
			`kubectl patch invitation theirs -n `+org+` --type=merge -p '{"spec":{"invitedBy":"<your user name>"}}' (in Git, if that sets `+
			`spec.invitedBy); 0 of 2 have accepted; Invited: `+kim+`; Registered: `+pat))))
		Expect(press(ctx, invite, filledIn("Kim"))).To(Equal(pageRevoked))
		Expect(press(ctx, confirm, nil)).To(Equal(pageRevoked))
		Eventually(get(ctx, i)).Should(And(stateOf(kim, v1alpha1.RecipientRevoked, 1), stateOf(pat, v1alpha1.RecipientRevoked, 1),
			HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonInviterUnauthorized)))
		Expect(recipientOf(i, kim).RevocationReason).To(Equal(v1alpha1.RevokedInviterUnauthorized))

		By("resending, which waits because the inviter is still the same")
		settle(ctx)
		mails := mailIDs(org)
		resend(ctx, i, "1")
		settle(ctx)
		Expect(mailIDs(org)).To(Equal(mails))
		Expect(get(ctx, i)(Default).Status.ObservedResend).To(BeEmpty())

		By("inviting on behalf of a user who may")
		other := builders.Invitation(org, "ours", kim).Obj()
		Expect(env.As("ana@"+org+".example").Create(ctx, other)).To(Succeed())
		press(ctx, newestLink(kim, "/i/", 2), filledIn("Kim"))
		press(ctx, newestLink(kim, "/c/", 1), nil)
		Eventually(get(ctx, userOf(ctx, org, kim))).Should(HaveField("Status.State", v1alpha1.UserActive))
	},
		Entry("after a change of role", func(ctx context.Context, u *v1alpha1.OrgUser) {
			edit(ctx, u, func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleTechnician })
		}),
		Entry("after a suspension", func(ctx context.Context, u *v1alpha1.OrgUser) {
			edit(ctx, u, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		}),
		Entry("after a removal", func(ctx context.Context, u *v1alpha1.OrgUser) {
			Expect(env.Client.Delete(ctx, u)).To(Succeed())
			Eventually(gone(ctx, u)).Should(Succeed())
		}),
	)

	It("NOV-4 regains the right can be accepted again, and can be resent to people who were rejected", func(ctx context.Context) {
		org := organization(ctx, english)
		kim, pat := "kim@"+org+".example", "pat@"+org+".example"
		bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, bea)
		awaitReady(ctx, bea)
		i := builders.Invitation(org, "theirs", kim, pat).Obj()
		Expect(env.As(string(bea.Spec.Email)).Create(ctx, i)).To(Succeed())
		open, rejected := newestLink(kim, "/i/", 1), newestLink(pat, "/i/", 1)
		suspend := func(on bool) { edit(ctx, bea, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = on }) }
		suspend(true)
		Eventually(get(ctx, i)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonInviterUnauthorized))
		Expect(press(ctx, rejected, filledIn("Pat"))).To(Equal(pageRevoked))
		suspend(false)
		awaitReady(ctx, bea)
		Expect(look(ctx, open)).To(invited())
		resend(ctx, i, "1")
		Eventually(get(ctx, i)).Should(And(stateOf(kim, v1alpha1.RecipientInvited, 2), stateOf(pat, v1alpha1.RecipientInvited, 2), BeReady()))
		Expect(look(ctx, newestLink(pat, "/i/", 2))).To(invited())
	})

	It("NOV-4 is unknown cannot be accepted, although a delegate who may invite named them and is removed afterwards", func(ctx context.Context) {
		org := organization(ctx, english)
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		const robot = "system:serviceaccount:argocd:robot"
		delegated := func(delegates ...v1alpha1.Delegate) {
			edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Delegates = delegates })
		}
		delegated(v1alpha1.Delegate{Username: robot, Role: v1alpha1.RoleUserAdmin})
		ghost, kim := "ghost@"+org+".example", "kim@"+org+".example"
		i := builders.Invitation(org, "ghosts", kim).InvitedBy(ghost).Obj()
		Eventually(func() error { return env.As(robot).Create(ctx, i) }).Should(Succeed())
		delegated()
		Eventually(get(ctx, i)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonInviterUnauthorized))
		Expect(i.Status.InviterKind).To(Equal(v1alpha1.InviterPerson))
		settle(ctx)
		Expect(idsOf(kim)).To(BeEmpty())

		By("the person being created, with the right")
		bea := builders.OrgUser(org, "ghost").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, bea)
		Eventually(get(ctx, i)).Should(And(BeReady(), stateOf(kim, v1alpha1.RecipientInvited, 1)))
	})
})
