// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"net/url"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A person who is invited by an OrgUser", func() {
	var (
		org, kim string
		user     *v1alpha1.OrgUser
	)

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, english)
		kim = "kim@" + org + ".example"
		user = builders.OrgUser(org, "kim").Obj()
		create(ctx, user)
	})

	in := func(state v1alpha1.RecipientState, sendCount int) OmegaMatcher {
		return HaveField("Status.Onboarding", And(HaveField("State", state), HaveField("SendCount", BeEquivalentTo(sendCount))))
	}

	It("LMI-12 WXP-7 can decline, which the status says, and is invited again by the annotation on the OrgUser", func(ctx context.Context) {
		first := newestLink(kim, "/i/", 1)
		Eventually(get(ctx, user)).Should(And(BeReady(), saying(HavePrefix("AwaitingAcceptance"))))
		Expect(press(ctx, first, url.Values{"action": {"decline"}})).To(Equal(pageDeclined))
		Eventually(get(ctx, user)).Should(saying(Equal("NotInvited: the person cannot accept: the invitation is Declined. Send it again with " +
			"the annotation accounts.usher.dev/resend on the OrgUser, or delete the OrgUser")))

		edit(ctx, user, func(u *v1alpha1.OrgUser) { u.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} })
		Eventually(get(ctx, user)).Should(And(in(v1alpha1.RecipientInvited, 2), BeReady()))
		Expect(look(ctx, first)).To(Equal(pageReplaced))
		press(ctx, newestLink(kim, "/i/", 2), filledIn("Kim"))
		confirm := newestLink(kim, "/c/", 1)
		Eventually(get(ctx, user)).Should(in(v1alpha1.RecipientRegistered, 2))

		edit(ctx, user, func(u *v1alpha1.OrgUser) { u.Annotations[v1alpha1.AnnotationResend] = "2" })
		Expect(newestLink(kim, "/c/", 2)).To(Equal(confirm), "the same confirmation, in another mail")
		Expect(get(ctx, user)(Default)).To(in(v1alpha1.RecipientRegistered, 2))
		press(ctx, confirm, nil)
		Eventually(get(ctx, user)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
		Eventually(func() []string { return idsOf(kim) }).Should(HaveLen(5))

		By("resending after acceptance")
		settle(ctx)
		get(ctx, user)(Default).Annotations[v1alpha1.AnnotationResend] = "3"
		Expect(env.Client.Update(ctx, user)).To(BeRefused(http.StatusUnprocessableEntity,
			"sends nothing, because the person has accepted already: leave the annotation as it was"))
		settle(ctx)
		Expect(get(ctx, user)(Default)).To(in(v1alpha1.RecipientActive, 2))
		Expect(idsOf(kim)).To(HaveLen(5))
	})

	It("NOV-8 is invited in the name of whom Git names, who gets the answers, else of the organization", func(ctx context.Context) {
		bea, ana := builders.OrgUser(org, "bea").Role(v1alpha1.RoleUserAdmin).Existing().Obj(), "ana@"+org+".example"
		bea.Spec.DisplayName = "Bea Soto"
		create(ctx, bea)
		declared := func(name, inviter string) *v1alpha1.OrgUser {
			return builders.OrgUser(org, name).With(func(u *v1alpha1.OrgUser) {
				u.Spec.InvitedBy, u.Spec.Message = v1alpha1.Username(inviter), "See you on Monday."
			}).Obj()
		}
		invitationTo := func(name string) mailbox.Message {
			m, _ := mailTo(ctx, name+"@"+org+".example", "/i/")
			return m
		}
		Expect(env.As(ana).Create(ctx, declared("luis", string(bea.Spec.Email)))).To(BeRefused(http.StatusForbidden,
			`only platform identities and delegates may name an inviter other than "`+ana+`"`))

		By("Git naming an active user")
		create(ctx, declared("luis", string(bea.Spec.Email)))
		m := invitationTo("luis")
		Expect(m.Subject).To(Equal("Invitation from Bea Soto"))
		Expect(m.Header.Get("Reply-To")).To(Equal("<bea@" + org + ".example>"))
		Expect(m.Text).To(And(ContainSubstring("Hello Luis,"), ContainSubstring("Bea Soto invites you to join Acme."), ContainSubstring("> See you on Monday."),
			ContainSubstring("Contact: Bea Soto (bea@"+org+".example)"), Not(ContainSubstring("automatic"))))
		_, body := fetch(ctx, http.DefaultClient, http.MethodGet, linkIn(m, "/i/"), nil)
		Expect(body).To(And(ContainSubstring("Bea Soto"), ContainSubstring("See you on Monday.")), "the page says what the mail says")

		By("nobody being named, and somebody who is suspended")
		edit(ctx, bea, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		Eventually(get(ctx, bea)).Should(HaveField("Status.State", v1alpha1.UserSuspended))
		create(ctx, declared("nora", string(bea.Spec.Email)))
		for _, m := range []mailbox.Message{invitationTo("kim"), invitationTo("nora")} {
			Expect(m.Subject).To(Equal("Invitation from Acme"))
			Expect(m.Header.Get("Reply-To")).To(Equal("<"+ana+">"), "an administrator in force")
			Expect(m.Text).To(ContainSubstring("If you reply to this mail, your answer goes to Ana (" + ana + ")."))
		}
	})

	It("LMI-12 has an invalid link if the OrgUser is deleted before acceptance", func(ctx context.Context) {
		link := newestLink(kim, "/i/", 1)
		Expect(env.Client.Delete(ctx, user)).To(Succeed())
		Eventually(gone(ctx, user)).Should(Succeed())
		Expect(press(ctx, link, filledIn("Kim"))).To(HaveField("Status", BeNumerically("<", 500)))
		Expect(look(ctx, link).Heading).To(BeElementOf(pageRevoked.Heading, pageUnknown.Heading, "Esta invitación ya no es válida"))
	})
})
