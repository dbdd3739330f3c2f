// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The validity of an invitation", func() {
	const day = 24 * time.Hour

	// clock is the fixed time of the operator's clock; nil means the real time.
	var clock atomic.Pointer[time.Time]
	restart := func(ctx context.Context, shows *time.Time) {
		GinkgoHelper()
		Expect(usher.Stop()).To(Succeed())
		clock.Store(shows)
		usher = shared.StartOperator(ctx, func(o *setup.Options) {
			o.Now = func() time.Time {
				if shown := clock.Load(); shown != nil {
					return *shown
				}
				return time.Now()
			}
		})
	}
	// here turns a link of one operator into a link of the next one, which listens on another port.
	here := func(link, path string) string { return usher.PortalURL + path + tokenIn(link) }

	It("ends by the clock, even while the operator is down, according to the setting at the time of sending", func(ctx context.Context) {
		DeferCleanup(func(ctx context.Context) { restart(ctx, nil) })
		org := organization(ctx, english, func(o *v1alpha1.Organization) { o.Spec.Settings.InvitationValidityDays = 1 })
		luis, eva, kim := "luis@"+org+".example", "eva@"+org+".example", "kim@"+org+".example"
		i := builders.Invitation(org, "team", luis).Obj()
		invite(ctx, i)
		own := builders.OrgUser(org, "kim").Obj()
		create(ctx, own)
		first, confirm := newestLink(luis, "/i/", 1), newestLink(kim, "/i/", 1)
		press(ctx, confirm, filledIn("Kim"))
		confirm = newestLink(kim, "/c/", 1)
		ends := recipientOf(get(ctx, i)(Default), luis).ExpirationTime.Time
		Expect(ends).To(BeTemporally("~", time.Now().Add(day), time.Minute))

		By("changing the setting")
		o := builders.Organization(org).Obj()
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Settings.InvitationValidityDays = 3 })
		later := builders.Invitation(org, "later", eva).Obj()
		invite(ctx, later)
		evas := newestLink(eva, "/i/", 1)
		Expect(recipientOf(later, eva).ExpirationTime.Time).To(BeTemporally("~", time.Now().Add(3*day), time.Minute))
		Expect(recipientOf(get(ctx, i)(Default), luis).ExpirationTime.Time).To(Equal(ends), "the setting does not change invitations that were sent")

		By("restarting shortly before the end, which a timer then detects")
		restart(ctx, ptr.To(ends.Add(-2*time.Second)))
		Expect(look(ctx, here(first, "/i/"))).To(invited())
		over := get(ctx, own)(Default).Status.Onboarding.ExpirationTime.Time // kim was invited after luis, so kim's invitation does not end earlier
		Expect(over).NotTo(BeTemporally("<", ends))
		clock.Store(&over)
		Eventually(get(ctx, i)).Should(And(stateOf(luis, v1alpha1.RecipientExpired, 1), BeReady(),
			saying(Equal("Ready: 0 of 1 have accepted; Expired: "+luis))))
		Expect(look(ctx, here(first, "/i/"))).To(Equal(pageExpired))
		Expect(press(ctx, here(first, "/i/"), filledIn("Luis"))).To(Equal(pageExpired))
		Eventually(get(ctx, own)).Should(HaveField("Status.Onboarding.State", v1alpha1.RecipientExpired))
		Expect(own).To(saying(Equal("NotInvited: the person cannot accept: the invitation is Expired. Send it again with the " +
			"annotation accounts.usher.dev/resend on the OrgUser, or delete the OrgUser")))
		Expect(press(ctx, here(confirm, "/c/"), nil)).To(Equal(pageExpired))

		By("resending the expired invitation, with the current setting")
		resend(ctx, i, "1")
		Eventually(get(ctx, i)).Should(stateOf(luis, v1alpha1.RecipientInvited, 2))
		Expect(recipientOf(i, luis).ExpirationTime.Time).To(BeTemporally("~", time.Now().Add(4*day), time.Minute))
		Expect(look(ctx, newestLink(luis, "/i/", 1))).To(invited())

		By("being down at the end of the validity")
		restart(ctx, ptr.To(time.Now().Add(10*day)))
		Expect(look(ctx, here(evas, "/i/"))).To(Equal(pageExpired), "whether or not the status says so already")
		for email, inv := range map[string]*v1alpha1.Invitation{luis: i, eva: later} {
			Eventually(get(ctx, inv)).Should(WithTransform(recipientState(email), Equal(v1alpha1.RecipientExpired)))
		}
	})

	It("WXP-7 starts over when it is resent while the mail server is down; one mail, with the newest link, follows later", func(ctx context.Context) {
		org := organization(ctx, english)
		luis := "luis@" + org + ".example"
		i := builders.Invitation(org, "team", luis).Obj()
		invite(ctx, i)
		old := newestLink(luis, "/i/", 1)
		DeferCleanup(func() { box.SetFault(nil) })
		box.SetFault(func(string) error { return errors.New("not now") })
		resend(ctx, i, "1")
		Eventually(get(ctx, i)).Should(And(stateOf(luis, v1alpha1.RecipientInvited, 2), HaveCondition("Reconciling", "True", "AwaitingMail"),
			saying(MatchRegexp(`AwaitingMail: 1 mail is waiting to be sent, because the platform's mail server does not accept it, .*`+
				`\(last error: .*not now.*\); 0 of 1 have accepted; Invited: luis`))))
		Expect(look(ctx, old)).To(Equal(pageReplaced))
		resend(ctx, i, "2")
		Eventually(get(ctx, i)).Should(stateOf(luis, v1alpha1.RecipientInvited, 3))
		box.SetFault(nil)
		link := newestLink(luis, "/i/", 2)
		awaitReady(ctx, i)
		settle(ctx)
		Expect(mailsTo(luis)).To(HaveLen(2), "a mail that was not sent before the resend is never sent")
		Expect(look(ctx, link)).To(invited())
	})

	It("WXP-7 starts over for an undeliverable address, which conditions and events name with the reason", func(ctx context.Context) {
		org := organization(ctx, english)
		luis, eva := "luis@"+org+".example", "eva@"+org+".example"
		DeferCleanup(func() { box.SetFault(nil) })
		box.SetFault(func(to string) error {
			if to == luis {
				return noSuchUser
			}
			return nil
		})
		i := builders.Invitation(org, "team", luis, eva).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(saying(MatchRegexp(`^Undeliverable: the mail server refuses ` + luis + ` \(.*no such user.*\): correct ` +
			`spec.emails or, once the server takes the mail, send it again: kubectl annotate invitation team -n ` + org +
			` --overwrite accounts.usher.dev/resend="` + luis + ` \$\(date \+%s\)"; 0 of 2 have accepted; Invited: ` + eva +
			`; Undeliverable: ` + luis + `$`)))
		Eventually(eventsOf(ctx, i)).Should(ContainElement(HavePrefix("Warning Undeliverable: the mail server refuses " + luis)))
		box.SetFault(nil)
		resend(ctx, i, "1")
		Eventually(get(ctx, i)).Should(And(stateOf(luis, v1alpha1.RecipientInvited, 2), stateOf(eva, v1alpha1.RecipientInvited, 2), BeReady()))
		Expect(look(ctx, newestLink(luis, "/i/", 1))).To(invited())
	})
})
