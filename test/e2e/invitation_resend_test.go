// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/url"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Sending the invitation of one person again, from the OrgUser that the Invitation created", func() {
	var org, eva string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, english)
		user := builders.OrgUser(org, "eva").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, user)
		eva = awaitReady(ctx, user).Status.Username
	})

	// annotate sets the annotation with kubectl as the UserAdmin, and returns what kubectl says.
	annotate := func(ctx context.Context, email, value string) string {
		_, said, err := env.KubectlAs(ctx, eva, "annotate", "ou", emailaddr.ObjectName(email), "-n", org, "--overwrite",
			v1alpha1.AnnotationResend+"="+value)
		if err != nil {
			return err.Error()
		}
		return said
	}

	It("WXP-7 ORG-9 sends to that person alone, and is refused when nobody would get a mail", func(ctx context.Context) {
		luis, sam := "luis@"+org+".example", "sam@"+org+".example"
		i := builders.Invitation(org, "team", luis, sam).InvitedBy("ana@" + org + ".example").Obj()
		invite(ctx, i)
		first, other := newestLink(luis, "/i/", 1), newestLink(sam, "/i/", 1)

		Expect(annotate(ctx, luis, "1")).To(BeEmpty())
		second := newestLink(luis, "/i/", 2)
		Expect(look(ctx, first)).To(Equal(pageReplaced))
		Expect(look(ctx, other)).To(invited(), "other people's links stay valid")
		Eventually(get(ctx, i)).Should(And(stateOf(luis, v1alpha1.RecipientInvited, 2), stateOf(sam, v1alpha1.RecipientInvited, 1),
			HaveField("Spec.InvitedBy", BeEquivalentTo("ana@"+org+".example"))))
		Expect(annotate(ctx, luis, "1")).To(ContainSubstring(`Warning: metadata.annotations[accounts.usher.dev/resend]: stays "1", and each ` +
			`value sends once: to send again, set another one, such as "$(date)"`))

		By("declining")
		Expect(press(ctx, second, url.Values{"action": {"decline"}})).To(Equal(pageDeclined))
		user := userOf(ctx, org, luis)
		Eventually(get(ctx, user)).Should(saying(Equal("NotInvited: the person cannot accept: the invitation is Declined. Send it again with the " +
			`annotation accounts.usher.dev/resend on the OrgUser, or remove the address from the Invitation "team"`)))
		Expect(annotate(ctx, luis, "2")).To(BeEmpty())
		press(ctx, newestLink(luis, "/i/", 3), filledIn("Luis"))
		press(ctx, newestLink(luis, "/c/", 1), nil)
		awaitReady(ctx, get(ctx, user)(Default))

		By("sending again after acceptance")
		const mails = 5 // three invitations, the confirmation, the welcome
		Eventually(mailsTo).WithArguments(luis).Should(HaveLen(mails))
		Eventually(func() string { return annotate(ctx, luis, "3") }).Should(ContainSubstring(`metadata.annotations[accounts.usher.dev/resend]: ` +
			`Invalid value: "3": sends nothing, because the person has accepted already: leave the annotation as it was`))
		Expect(get(ctx, user)(Default).Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationResend, "2"))
		settle(ctx)
		Expect(mailsTo(luis)).To(HaveLen(mails))
	})

	It("WXP-7 ORG-12 is refused for a person whose role the actor may not manage, or whose inviter may not give it", func(ctx context.Context) {
		tec, luis := "tec@"+org+".example", "luis@"+org+".example"
		technicians := builders.Invitation(org, "technicians", tec).Role(v1alpha1.RoleTechnician).InvitedBy("ana@" + org + ".example").Obj()
		strangers := builders.Invitation(org, "strangers", luis).InvitedBy("bea@" + org + ".example").Obj()
		invite(ctx, technicians)
		bea := builders.OrgUser(org, "bea").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, bea)
		awaitReady(ctx, bea)
		invite(ctx, strangers)
		Expect(annotate(ctx, tec, "1")).To(ContainSubstring(`only an OrganizationAdmin may invite a user with the role "Technician" again`))
		edit(ctx, bea, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		Eventually(func() string { return annotate(ctx, luis, "1") }).Should(ContainSubstring(`sends nothing, because the inviter "bea@` + org +
			`.example" may not give what Invitation "strangers" gives. Somebody who may can take the Invitation over first`))

		By("taking it over")
		_, said, err := env.KubectlAs(ctx, eva, "patch", "invitation", "strangers", "-n", org, "--type=merge", "-p", `{"spec":{"invitedBy":"`+eva+`"}}`)
		Expect(err).NotTo(HaveOccurred(), said)
		Eventually(func() string { return annotate(ctx, luis, "1") }).Should(BeEmpty())
		Expect(look(ctx, newestLink(luis, "/i/", 2))).To(invited())
	})
})
