// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("An address in an invitation", func() {
	var org string
	address := func(name string) string { return name + "@" + org + ".example" }

	BeforeEach(func(ctx context.Context) { org = organization(ctx, english) })

	It("NOV-3 may include the person's name, and counts once, whatever its spelling", func(ctx context.Context) {
		i := builders.Invitation(org, "team", `Pérez, Ana <pepa@`+org+`.example>; luis.gil@`+org+`.example EVA@`+org+`.example, eva@`+org+
			`.example`, "josé@españa.example, José <josé@XN--espaa-rta.example>").Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(HaveField("Status.Summary.Total", HaveValue(BeEquivalentTo(4))))
		for email, name := range map[string]string{
			address("pepa"): "Pérez, Ana", address("luis.gil"): "Luis Gil", address("EVA"): "EVA EVA", "josé@españa.example": "José",
		} {
			Eventually(get(ctx, userOf(ctx, org, email))).Should(HaveField("Status.DisplayName", name), "LMI-5, LMI-6")
		}
	})

	It("NOV-3 is refused with the number and text of its entry, for all invalid entries at once", func(ctx context.Context) {
		i := builders.Invitation(org, "team", address("luis"), "eva at acme.example, sam@acme.example", "Pérez; Ana <ana@xn--a.example>").Obj()
		i.Spec.Emails[1] = "eva at acme, sam@acme.example"
		err := env.As("ana@"+org+".example").Create(ctx, i)
		Expect(err).To(And(BeRefused(http.StatusUnprocessableEntity, `entry 2: "eva at acme" is not an email address`),
			HaveCause("spec.emails[1]", `entry 2: "eva at acme" is not an email address such as ana@acme.example`),
			HaveCause("spec.emails[2]", `entry 3: "Pérez" is not an email address`),
			HaveCause("spec.emails[2]", `entry 3: "ana@xn--a.example" is not an email address`)))
	})

	It("of a person who is already a user, active or suspended, counts as accepted and gets no mail", func(ctx context.Context) {
		act := builders.OrgUser(org, "act").Existing().Obj()
		sus := builders.OrgUser(org, "sus").Existing().With(func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }).Obj()
		create(ctx, act, sus)
		awaitReady(ctx, act)
		awaitReady(ctx, sus)
		i := builders.Invitation(org, "team", address("ACT"), address("sus")).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(And(BeReady(), saying(Equal("Ready: 2 of 2 have accepted"))))
		Expect(recipientOf(i, address("act"))).To(And(HaveField("User", "act"), HaveField("SendCount", BeZero())))
		Expect(mailsTo(address("act"))).To(BeEmpty())
		Expect(get(ctx, sus)(Default).Status.State).To(Equal(v1alpha1.UserSuspended), "an invitation does not end a suspension")
	})

	It("ORG-22 of a person who is a user with less than it grants names the OrgUser to edit, in a warning and in the status", func(
		ctx context.Context,
	) {
		act := builders.OrgUser(org, "act").Existing().Obj()
		create(ctx, act, builders.Workspace(org, "support").Obj())
		awaitReady(ctx, act)
		manifest := fmt.Sprintf(`
apiVersion: accounts.usher.dev/v1alpha1
kind: Invitation
metadata: {name: team, namespace: %s}
spec: {emails: [%s], role: Technician, workspaces: [{name: support, access: Edit}]}
`, org, address("act"))
		notice := address("act") + ` is a user already, whom this Invitation does not change: to give them the role "Technician", the ` +
			`workspace "support" (Edit), edit OrgUser "act"`
		_, warnings, err := env.KubectlInput(ctx, manifest, "create", "-f", "-")
		Expect(err).NotTo(HaveOccurred(), warnings)
		Expect(warnings).To(ContainSubstring("Warning: spec.emails: " + notice))
		i := builders.Invitation(org, "team").Obj()
		Eventually(get(ctx, i)).Should(And(BeReady(), saying(Equal("AlreadyMember: 1 of 1 have accepted; "+notice))))

		edit(ctx, act, func(u *v1alpha1.OrgUser) { u.Spec.Role, u.Spec.Workspaces = i.Spec.Role, i.Spec.Workspaces })
		Eventually(get(ctx, i)).Should(saying(Equal("Ready: 1 of 1 have accepted")))
		Expect(mailsTo(address("act"))).To(BeEmpty())
	})

	It("of a person who is invited by an OrgUser waits, names that OrgUser, and counts as accepted when they accept", func(ctx context.Context) {
		kim := builders.OrgUser(org, "kim").Obj()
		create(ctx, kim)
		newestLink(address("kim"), "/i/", 1)
		i := builders.Invitation(org, "team", address("kim")).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(saying(Equal("AddressHeld: 0 of 1 have accepted; Pending: " + address("kim") + "; already " +
			"invited by another object: " + address("kim") + " (OrgUser/kim). This Invitation invites them when that object is deleted or " +
			"gives the address up")))
		accept(ctx, address("kim"), "Kim")
		Eventually(get(ctx, i)).Should(And(saying(Equal("Ready: 1 of 1 have accepted")), stateOf(address("kim"), v1alpha1.RecipientActive, 0)))
		Expect(recipientOf(i, address("kim")).HeldBy).To(BeEmpty())
	})

	DescribeTable("that another Invitation holds waits, and is invited when the other Invitation", func(ctx context.Context,
		giveUp func(context.Context, *v1alpha1.Invitation),
	) {
		first := builders.Invitation(org, "first", address("luis"), address("eva")).Obj()
		invite(ctx, first)
		old := newestLink(address("luis"), "/i/", 1)
		second := builders.Invitation(org, "second", address("luis"), address("sam")).Role(v1alpha1.RoleTechnician).Obj()
		create(ctx, second)
		Eventually(get(ctx, second)).Should(And(stateOf(address("luis"), v1alpha1.RecipientPending, 0),
			saying(HavePrefix("AddressHeld: 0 of 2 have accepted; Pending: "+address("luis")+"; Invited: "+address("sam")))))
		Expect(recipientOf(second, address("luis")).HeldBy).To(Equal("Invitation/first"))

		giveUp(ctx, first)
		Eventually(get(ctx, second)).Should(And(stateOf(address("luis"), v1alpha1.RecipientInvited, 1), BeReady()))
		Expect(look(ctx, old)).To(Equal(pageRevoked))
		press(ctx, newestLink(address("luis"), "/i/", 2), filledIn("Luis"))
		press(ctx, newestLink(address("luis"), "/c/", 1), nil)
		Eventually(get(ctx, userOf(ctx, org, address("luis")))).Should(HaveField("Status.Role", v1alpha1.RoleTechnician))
	},
		Entry("is deleted", func(ctx context.Context, first *v1alpha1.Invitation) {
			Expect(env.Client.Delete(ctx, first)).To(Succeed())
		}),
		Entry("no longer lists it", func(ctx context.Context, first *v1alpha1.Invitation) {
			edit(ctx, first, func(i *v1alpha1.Invitation) { i.Spec.Emails = i.Spec.Emails[1:] })
		}),
	)

	It("that is removed and listed again waits like a new one while another Invitation holds it", func(ctx context.Context) {
		ana := "ana@" + org + ".example"
		first := builders.Invitation(org, "first", address("luis"), address("eva")).InvitedBy(ana).Obj()
		invite(ctx, first)
		old := newestLink(address("luis"), "/i/", 1)
		second := builders.Invitation(org, "second", address("luis")).Obj()
		create(ctx, second)
		name := func(names ...string) {
			edit(ctx, first, func(i *v1alpha1.Invitation) { i.Spec.Emails = names })
		}
		name(address("eva"))
		Eventually(get(ctx, second)).Should(stateOf(address("luis"), v1alpha1.RecipientInvited, 1))

		name(address("eva"), address("luis"))
		Eventually(get(ctx, first)).Should(And(stateOf(address("luis"), v1alpha1.RecipientPending, 1),
			saying(HavePrefix("AddressHeld: 0 of 2 have accepted; Pending: "+address("luis")+"; Invited: "+address("eva")))))
		Expect(recipientOf(first, address("luis"))).To(And(HaveField("HeldBy", "Invitation/second"), HaveField("RevocationReason", BeEmpty())))
		Expect(look(ctx, old)).To(Equal(pageRevoked))

		By("deleting the other Invitation")
		Expect(env.Client.Delete(ctx, second)).To(Succeed())
		Eventually(get(ctx, first)).Should(And(stateOf(address("luis"), v1alpha1.RecipientInvited, 2), BeReady()))
		Expect(look(ctx, old)).To(Equal(pageReplaced))
	})

	It("that several Invitations list simultaneously is invited once", func(ctx context.Context) {
		var both []client.Object
		for _, name := range []string{"one", "two", "three", "four"} {
			both = append(both, builders.Invitation(org, name, address("luis")).Obj())
		}
		create(ctx, both...)
		accept(ctx, address("luis"), "Luis")
		for _, o := range both {
			Eventually(get(ctx, o.(*v1alpha1.Invitation))).Should(saying(Equal("Ready: 1 of 1 have accepted"))) //nolint:forcetypeassert // created above
		}
		settle(ctx)
		Expect(mailsTo(address("luis"))).To(HaveLen(3), "invitation, confirmation, welcome")
	})

	It("that gets a user in another way while it is invited has a used link and no second user", func(ctx context.Context) {
		i := builders.Invitation(org, "team", address("luis")).Obj()
		invite(ctx, i)
		link := newestLink(address("luis"), "/i/", 1)
		made := userOf(ctx, org, address("luis"))
		// The new user is younger by a second of the API's clock, and takes precedence nevertheless.
		Eventually(func() time.Time { return time.Now().Truncate(time.Second) }).Should(BeTemporally(">", made.CreationTimestamp.Time))
		create(ctx, builders.OrgUser(org, "declared").Email(address("luis")).Existing().Obj())
		Eventually(gone(ctx, made)).Should(Succeed())
		Eventually(get(ctx, i)).Should(stateOf(address("luis"), v1alpha1.RecipientActive, 1))
		Expect(look(ctx, link)).To(Equal(pageUsed))
	})
})
