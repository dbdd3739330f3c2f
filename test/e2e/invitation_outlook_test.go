// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// textOf returns a function that requests a page, and returns what it says.
func textOf(ctx context.Context, link string) func() string {
	return func() string {
		_, body := fetch(ctx, http.DefaultClient, http.MethodGet, link, nil)
		return body
	}
}

// textsTo returns a function that returns the texts of the mails to an address that have a subject.
func textsTo(email, subject string) func() []string {
	return func() []string {
		texts := []string{}
		for _, m := range mailsTo(email) {
			if strings.Contains(m.Subject, subject) {
				texts = append(texts, m.Text)
			}
		}
		return texts
	}
}

var _ = Describe("What an invited person is told", func() {
	var org, luis string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, english)
		luis = "luis@" + org + ".example"
	})

	It("ORG-22 ORG-23 LMI-9 names the workspaces that come by a group, a list and the invitation, with the access, from the invitation to the end",
		func(ctx context.Context) {
			for name, b := range map[string]builders.WorkspaceBuilder{
				"own": builders.Workspace(org, "own"), "listed": builders.Workspace(org, "listed").Member(luis, v1alpha1.WorkspaceView),
				"grouped": builders.Workspace(org, "grouped").Group("helpdesk", v1alpha1.WorkspaceAdmin),
			} {
				w := b.With(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = v1alpha1.DisplayName("The " + name) }).Obj()
				create(ctx, w)
				awaitReady(ctx, w)
			}
			invite(ctx, builders.Invitation(org, "team", luis).Groups("helpdesk").Workspace("own", v1alpha1.WorkspaceEdit).Obj())
			link := newestLink(luis, "/i/", 1)
			mailed := ContainSubstring("Workspaces: The grouped (you can administer), The listed (you can view), The own (you can edit)")
			shown := And(MatchRegexp(`The grouped</bdi> <span class="hint">you can administer<`),
				MatchRegexp(`The listed</bdi> <span class="hint">you can view<`), MatchRegexp(`The own</bdi> <span class="hint">you can edit<`))
			Expect(textsTo(luis, "Invitation from")()).To(ConsistOf(mailed))
			Expect(textOf(ctx, link)()).To(shown)

			press(ctx, link, filledIn("Luis"))
			confirm := newestLink(luis, "/c/", 1)
			Expect(textOf(ctx, confirm)()).To(shown)
			press(ctx, confirm, nil)
			Eventually(textsTo(luis, "Welcome to Acme")).Should(ConsistOf(mailed))
			Expect(textOf(ctx, confirm+"/done")()).To(And(shown, ContainSubstring("You now have access. Here are the details:")))
			Expect(get(ctx, awaitReady(ctx, userOf(ctx, org, luis)))(Default).Status.Workspaces).To(HaveLen(3), "as it was told")

			By("adding the person to another workspace")
			later := builders.Workspace(org, "later").Member(luis, v1alpha1.WorkspaceView).Obj()
			create(ctx, later)
			Eventually(textOf(ctx, link+"/done")).Should(ContainSubstring("kubectl get all -n " + effective.NamespaceOf(later)))
		})

	DescribeTable("NOV-13 is that the account is suspended, while it is, and the welcome afterwards, once", func(ctx context.Context,
		invitee func() client.Object,
	) {
		create(ctx, invitee())
		link := newestLink(luis, "/i/", 1)
		user := userOf(ctx, org, luis)
		edit(ctx, user, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		Eventually(textOf(ctx, link)).Should(ContainSubstring("you will not have access until the account is reactivated. Ask "))
		press(ctx, link, filledIn("Luis"))
		confirm := newestLink(luis, "/c/", 1)
		Expect(press(ctx, confirm, nil)).To(HaveField("Heading", ContainSubstring("You are registered with")))
		Expect(textOf(ctx, confirm+"/done")()).To(And(ContainSubstring("your account is suspended"), Not(ContainSubstring("You now have access")),
			Not(ContainSubstring("kubectl"))))
		Eventually(textsTo(luis, "Your account at Acme is suspended")).Should(ConsistOf(ContainSubstring("until it is reactivated")))
		Eventually(get(ctx, user)).Should(HaveField("Status.State", v1alpha1.UserSuspended))
		settle(ctx)
		Expect(textsTo(luis, "Welcome")()).To(BeEmpty())

		By("reactivating the account")
		edit(ctx, user, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = false })
		Eventually(textsTo(luis, "Welcome to Acme")).Should(ConsistOf(ContainSubstring("User name: " + luis)))
		Expect(textOf(ctx, confirm+"/done")()).To(ContainSubstring("You now have access"))

		By("suspending and reactivating it once more")
		for _, on := range []bool{true, false} {
			edit(ctx, user, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = on })
			Eventually(get(ctx, user)).Should(And(HaveField("Status.ObservedGeneration", user.Generation),
				HaveField("Status.State", map[bool]v1alpha1.UserState{true: v1alpha1.UserSuspended, false: v1alpha1.UserActive}[on])))
		}
		settle(ctx)
		Expect(mailsTo(luis)).To(HaveLen(4), "invitation, confirmation, suspension, welcome")
		Expect(idsOf(luis)).To(HaveLen(4))
	},
		Entry("by an Invitation", func() client.Object {
			return builders.Invitation(org, "team", luis).Role(v1alpha1.RoleTechnician).Obj()
		}),
		Entry("as a declared OrgUser", func() client.Object { return builders.OrgUser(org, "luis").Role(v1alpha1.RoleTechnician).Obj() }),
	)

	It("GTA-5 GTA-11 is what is missing: a workspace, a free seat", func(ctx context.Context) {
		edit(ctx, organizationOf(org), func(o *v1alpha1.Organization) {
			o.Spec.Subscription.Modules = builders.Organization(org).Module("desk", 0).Obj().Spec.Subscription.Modules
		})
		invite(ctx, builders.Invitation(org, "team", luis).Modules("desk").Obj())
		Expect(textOf(ctx, newestLink(luis, "/i/", 1))()).To(ContainSubstring("desk</bdi> <span class=\"hint\">(pending: no seat is free)"))
		press(ctx, newestLink(luis, "/i/", 1), filledIn("Luis"))
		confirm := newestLink(luis, "/c/", 1)
		press(ctx, confirm, nil)
		Expect(textOf(ctx, confirm+"/done")()).To(And(ContainSubstring("you do not have access to any workspace yet"),
			ContainSubstring("(pending: no seat is free)"), Not(ContainSubstring("You now have access"))))
		Eventually(textsTo(luis, "Welcome to Acme")).Should(ConsistOf(And(ContainSubstring("you do not have access to any workspace yet"),
			ContainSubstring("Modules: desk (pending: no seat is free)"))))
	})

	It("NOV-9 is that nobody has access after a decline, and whom to ask, and the decline can be taken back without another mail",
		func(ctx context.Context) {
			i := builders.Invitation(org, "team", luis).InvitedBy("ana@" + org + ".example").Obj()
			invite(ctx, i)
			link := newestLink(luis, "/i/", 1)
			before := recipientOf(get(ctx, i)(Default), luis)
			Expect(press(ctx, link, url.Values{"action": {"decline"}})).To(Equal(pageDeclined))
			Expect(textOf(ctx, link)()).To(And(ContainSubstring("You do not have access to"), ContainSubstring(`value="reconsider"`)))
			Eventually(get(ctx, i)).Should(And(stateOf(luis, v1alpha1.RecipientDeclined, 1), BeReady()))

			Expect(press(ctx, link, url.Values{"action": {"reconsider"}})).To(invited())
			Expect(press(ctx, link, url.Values{"action": {"reconsider"}})).To(invited(), "sent twice")
			Eventually(get(ctx, i)).Should(And(stateOf(luis, v1alpha1.RecipientInvited, 1), BeReady()))
			Expect(recipientOf(i, luis)).To(Equal(before), "with the same link, for as long")
			Expect(mailsTo(luis)).To(HaveLen(1))

			By("declining, and removing the address")
			press(ctx, link, url.Values{"action": {"decline"}})
			edit(ctx, i, func(i *v1alpha1.Invitation) { i.Spec.Emails = []string{"eva@" + org + ".example"} })
			Eventually(get(ctx, i)).Should(stateOf(luis, v1alpha1.RecipientRevoked, 1))
			Expect(press(ctx, link, url.Values{"action": {"reconsider"}})).To(Equal(pageRevoked))
			Expect(textOf(ctx, link)()).To(And(ContainSubstring("The organization has withdrawn it."), ContainSubstring("(ana@"+org+".example)")))
		})
})
