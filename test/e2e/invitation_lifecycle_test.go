// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("An invitation", func() {
	var org string
	address := func(name string) string { return name + "@" + org + ".example" }

	BeforeEach(func(ctx context.Context) { org = organization(ctx, english) })

	It("WXP-7 starts over for people who have not answered when it is resent, once per annotation value", func(ctx context.Context) {
		i := builders.Invitation(org, "team", address("inv"), address("reg"), address("dec"), address("acc")).Obj()
		invite(ctx, i)
		old := map[string]string{}
		for _, name := range []string{"inv", "reg", "dec", "acc"} {
			old[name] = newestLink(address(name), "/i/", 1)
		}
		press(ctx, old["reg"], filledIn("Reg"))
		confirm := newestLink(address("reg"), "/c/", 1)
		Expect(press(ctx, old["dec"], url.Values{"action": {"decline"}})).To(Equal(pageDeclined))
		press(ctx, old["acc"], filledIn("Acc"))
		press(ctx, newestLink(address("acc"), "/c/", 1), nil)
		Eventually(get(ctx, i)).Should(And(BeReady(), saying(Equal("Ready: 1 of 4 have accepted; Invited: "+address("inv")+
			"; Registered: "+address("reg")+"; Declined: "+address("dec")))))
		before := recipientOf(i, address("inv")).ExpirationTime.Time

		// Times in a status have whole seconds, so only the next second shows a new time.
		Eventually(time.Now).Should(BeTemporally(">=", before.AddDate(0, 0, -effective.DefaultInvitationValidityDays).Add(time.Second)))
		resend(ctx, i, "again")
		Eventually(get(ctx, i)).Should(And(stateOf(address("inv"), v1alpha1.RecipientInvited, 2),
			stateOf(address("reg"), v1alpha1.RecipientRegistered, 1), stateOf(address("dec"), v1alpha1.RecipientDeclined, 1),
			stateOf(address("acc"), v1alpha1.RecipientActive, 1)))
		for _, name := range []string{"inv", "reg"} {
			Expect(recipientOf(i, address(name)).ExpirationTime.Time).To(BeTemporally(">", before), "the validity starts over")
		}
		Expect(recipientOf(i, address("reg")).Registration).NotTo(BeNil())
		Expect(look(ctx, old["inv"])).To(Equal(pageReplaced))
		Expect(newestLink(address("reg"), "/c/", 2)).To(Equal(confirm), "the same confirmation, in another mail")
		Expect(look(ctx, confirm)).To(Equal(pageConfirm))
		Expect(look(ctx, old["dec"])).To(Equal(pageDeclined))
		Expect(look(ctx, old["acc"])).To(Equal(pageUsed))
		awaitReady(ctx, i)

		By("naming the person who has declined")
		link := newestLink(address("inv"), "/i/", 2)
		Expect(resendBy(ctx, "ana@"+org+".example", i, "nobody@"+org+".example")).To(BeRefused(http.StatusUnprocessableEntity,
			"is not in spec.emails of this Invitation: name addresses from there, or none to send to everybody who has not accepted"))
		resend(ctx, i, "Dec <"+address("dec")+">")
		Expect(look(ctx, newestLink(address("dec"), "/i/", 2))).To(invited())
		Expect(look(ctx, link)).To(invited(), "other people's links stay valid")
		awaitReady(ctx, i)

		By("setting the same value again")
		version := i.ResourceVersion
		edit(ctx, i, func(i *v1alpha1.Invitation) { i.Labels = map[string]string{"touched": "yes"} })
		settle(ctx)
		Expect(get(ctx, i)(Default).ResourceVersion).NotTo(Equal(version))
		Expect(i).To(stateOf(address("dec"), v1alpha1.RecipientInvited, 2))

		By("resending when everybody has accepted")
		for _, l := range []string{link, newestLink(address("dec"), "/i/", 2)} {
			press(ctx, l, filledIn("Somebody"))
		}
		press(ctx, confirm, nil)
		press(ctx, newestLink(address("inv"), "/c/", 1), nil)
		press(ctx, newestLink(address("dec"), "/c/", 1), nil)
		Eventually(get(ctx, i)).Should(saying(Equal("Ready: 4 of 4 have accepted")))
		settle(ctx)
		mails := mailIDs(org)
		Expect(resendBy(ctx, "ana@"+org+".example", i, "once more")).To(BeRefused(http.StatusUnprocessableEntity,
			"sends nothing, because nobody in spec.emails is left to invite (4 accepted): leave the annotation as it was"))
		Expect(get(ctx, i)(Default).Annotations).NotTo(HaveKeyWithValue(v1alpha1.AnnotationResend, "once more"))
		settle(ctx)
		Expect(mailIDs(org)).To(Equal(mails))
		Expect(i.Status.Recipients).To(HaveEach(HaveField("State", v1alpha1.RecipientActive)))
		Expect(eventsOf(ctx, i)(Default)).To(ContainElement(ContainSubstring("Normal Ready: 1 of 4 have accepted")))
	})

	It("follows its list: later addresses are invited, removed ones are revoked, and can be added again", func(ctx context.Context) {
		i := builders.Invitation(org, "team", address("one")).Obj()
		invite(ctx, i)
		list := func(names ...string) {
			edit(ctx, i, func(i *v1alpha1.Invitation) {
				i.Spec.Emails = nil
				for _, name := range names {
					i.Spec.Emails = append(i.Spec.Emails, address(name))
				}
			})
		}
		first := newestLink(address("one"), "/i/", 1)
		list("one", "two")
		Expect(look(ctx, newestLink(address("two"), "/i/", 1))).To(invited())
		Expect(get(ctx, i)(Default)).To(stateOf(address("one"), v1alpha1.RecipientInvited, 1), "nobody is invited twice")

		list("two")
		Eventually(get(ctx, i)).Should(stateOf(address("one"), v1alpha1.RecipientRevoked, 1))
		Expect(recipientOf(i, address("one")).RevocationReason).To(Equal(v1alpha1.RevokedAddressRemoved))
		Expect(look(ctx, first)).To(Equal(pageRevoked))
		Eventually(get(ctx, i)).Should(And(BeReady(), saying(Equal("Ready: 0 of 1 have accepted; Invited: "+address("two")))))

		list("one", "two")
		Eventually(get(ctx, i)).Should(stateOf(address("one"), v1alpha1.RecipientInvited, 2))
		Expect(look(ctx, first)).To(Equal(pageReplaced), "the old link stays invalid")
		press(ctx, newestLink(address("one"), "/i/", 2), filledIn("One"))
		press(ctx, newestLink(address("one"), "/c/", 1), nil)
		one := userOf(ctx, org, address("one"))
		Eventually(get(ctx, one)).Should(HaveField("Status.State", v1alpha1.UserActive))

		By("removing the address of a person who has accepted")
		list("two")
		Eventually(get(ctx, i)).Should(HaveField("Status.ObservedGeneration", i.Generation))
		settle(ctx)
		Expect(get(ctx, i)(Default)).To(stateOf(address("one"), v1alpha1.RecipientActive, 2))
		Expect(get(ctx, one)(Default).Status.State).To(Equal(v1alpha1.UserActive))
	})

	It("recreates a pending user that somebody deletes, and says where to remove the address", func(ctx context.Context) {
		i := builders.Invitation(org, "team", address("luis")).Obj()
		invite(ctx, i)
		link := newestLink(address("luis"), "/i/", 1)
		luis := userOf(ctx, org, address("luis"))
		uid := luis.UID
		Expect(env.Client.Delete(ctx, luis)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(userOf(ctx, org, address("luis")).UID).NotTo(Equal(uid))
		}).Should(Succeed())
		Eventually(eventsOf(ctx, i)).Should(ContainElement(HavePrefix("Warning UserMadeAgain: the pending OrgUser " + luis.Name)))
		Expect(look(ctx, link)).To(invited())
		accept(ctx, address("luis"), "Luis")
		Eventually(get(ctx, luis)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))
	})

	It("updates its pending users, except fields that somebody else changed and users who have accepted", func(ctx context.Context) {
		create(ctx, builders.Workspace(org, "support").Obj(), builders.Workspace(org, "sales").Obj())
		i := builders.Invitation(org, "team", address("luis"), address("eva"), address("sam")).Workspace("support", v1alpha1.WorkspaceView).Obj()
		invite(ctx, i)
		accept(ctx, address("sam"), "Sam")
		luis, eva, sam := userOf(ctx, org, address("luis")), userOf(ctx, org, address("eva")), userOf(ctx, org, address("sam"))
		Eventually(get(ctx, sam)).Should(HaveField("Status.State", v1alpha1.UserActive))
		edit(ctx, eva, func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleBillingAdmin })

		edit(ctx, i, func(i *v1alpha1.Invitation) {
			i.Spec.Emails = []string{"Luis Gil <" + address("luis") + ">", address("eva"), address("sam")}
			i.Spec.Role, i.Spec.Workspaces[0].Name, i.Spec.Groups = v1alpha1.RoleTechnician, "sales", []v1alpha1.ObjectName{"helpdesk"}
		})
		sales := ConsistOf(v1alpha1.WorkspaceGrant{Name: "sales", Access: v1alpha1.WorkspaceView})
		Eventually(get(ctx, luis)).Should(HaveField("Spec", And(HaveField("Role", v1alpha1.RoleTechnician), HaveField("Workspaces", sales),
			HaveField("Groups", ConsistOf(v1alpha1.ObjectName("helpdesk"))), HaveField("DisplayName", BeEquivalentTo("Luis Gil")))))
		Eventually(get(ctx, eva)).Should(HaveField("Spec", And(HaveField("Role", v1alpha1.RoleBillingAdmin), HaveField("Workspaces", sales))))
		settle(ctx)
		Expect(get(ctx, sam)(Default).Spec.Role).To(Equal(v1alpha1.RoleMember))
		Expect(mailsTo(address("luis"))).To(HaveLen(1), "this causes no new invitation")
		accept(ctx, address("luis"), "Luis")
		Eventually(get(ctx, luis)).Should(And(BeReady(), HaveField("Status.Role", v1alpha1.RoleTechnician)))
	})

	It("ends with its organization: links say so and grant nothing", func(ctx context.Context) {
		i := builders.Invitation(org, "team", address("luis"), address("eva")).Obj()
		invite(ctx, i)
		link := newestLink(address("luis"), "/i/", 1)
		press(ctx, newestLink(address("eva"), "/i/", 1), filledIn("Eva"))
		confirm := newestLink(address("eva"), "/c/", 1)
		o := &v1alpha1.Organization{}
		o.Name, o.Namespace = org, org
		Expect(env.Client.Delete(ctx, o)).To(Succeed())
		for _, belonging := range []client.Object{o, i} {
			Eventually(gone(ctx, belonging)).Should(Succeed())
		}
		for _, answer := range []page{look(ctx, link), press(ctx, link, filledIn("Luis")), look(ctx, confirm), press(ctx, confirm, nil)} {
			Expect(answer).To(HaveField("Status", BeNumerically("<", 500)))
			Expect(answer.Heading).To(BeElementOf("Esta invitación ya no es válida", pageRevoked.Heading, pageUnknown.Heading))
		}
		var users v1alpha1.OrgUserList
		Expect(env.Client.List(ctx, &users, client.InNamespace(org))).To(Succeed())
		Expect(users.Items).To(BeEmpty())
	})

	It("NOV-12 skips the second mail if the organization requires no confirmation", func(ctx context.Context) {
		other := organization(ctx, english, func(o *v1alpha1.Organization) {
			o.Spec.Settings.EmailConfirmation = v1alpha1.ConfirmationSkipped
		})
		luis := "luis@" + other + ".example"
		i := builders.Invitation(other, "team", luis).Obj()
		invite(ctx, i)
		link := newestLink(luis, "/i/", 1)
		press(ctx, link, filledIn("Luis"))
		Eventually(get(ctx, i)).Should(stateOf(luis, v1alpha1.RecipientActive, 1))
		Eventually(get(ctx, userOf(ctx, other, luis))).Should(HaveField("Status.State", v1alpha1.UserActive))
		Eventually(func() []string { return idsOf(luis) }).Should(HaveLen(2), "invitation and welcome")
		Expect(look(ctx, link)).To(Equal(pageUsed))
		Eventually(get(ctx, i)).Should(saying(Equal("Ready: 1 of 1 have accepted")))
	})
})
