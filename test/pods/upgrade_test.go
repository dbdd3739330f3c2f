// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/load"
)

// closedByFormer is what an API server says when the former version, which does not ask it to leave, stops between two requests on a
// connection. Only a request of that very moment is lost.
const closedByFormer = "EOF|broken pipe|connection reset by peer|use of closed network connection"

var _ = Describe("An upgrade from the former version, and the way back, under load", func() {
	It("OPS-4 OPS-3 refuses nothing, mails nothing twice and loses no question", long, func(ctx context.Context) {
		old := buildFormer(ctx)
		uninstall(ctx)
		env.forgetMails()
		DeferCleanup(func(ctx context.Context) {
			uninstall(ctx)
			installToday(ctx)
		})
		old.install(ctx)

		By("inviting people and taking questions with the former version")
		createAcme(ctx)
		invite(ctx, "team", "luis", "nora", "sam", "eva")
		register(ctx, "luis")
		confirm(ctx, "luis")
		register(ctx, "nora")
		ask(ctx, "clara", "Passed on before")
		passOn(ctx, "clara", "Passed on before")
		ask(ctx, "carla", "Asked before the upgrade")

		By("upgrading")
		before := caughtUp(ctx, "before-upgrade")
		result := underLoad(ctx, "upgrade", func(*load.Run) string {
			installToday(ctx)
			return ""
		})
		for _, request := range result.Of(load.Write).Refused().Requests {
			Expect(request.Refusal).To(MatchRegexp(closedByFormer), "%s", explained(result, result.Refused()))
		}
		expectNoneRefused(result.Of(load.Page))
		expectReached(result)
		Expect(caughtUp(ctx, "after-upgrade")[:len(before)]).To(Equal(before))
		Expect(mailed()).To(HaveLen(len(before)+1), "the upgrade mails nothing")
		confirm(ctx, "nora")
		register(ctx, "sam")
		passOn(ctx, "carla", "Asked before the upgrade")
		ask(ctx, "celia", "Asked before the rollback")

		By("going back")
		before = caughtUp(ctx, "before-rollback")
		expectNoneRefused(underLoad(ctx, "rollback", func(*load.Run) string {
			old.goBack(ctx)
			return ""
		}))
		Expect(caughtUp(ctx, "after-rollback")[:len(before)]).To(Equal(before))
		Expect(mailed()).To(HaveLen(len(before)+1), "the rollback mails nothing")
		confirm(ctx, "sam")
		bringBack(ctx, old, "celia")
		passOn(ctx, "celia", "Asked before the rollback")
		Expect(open(ctx, linkTo("eva", "/i/"))).To(Equal(http.StatusOK))

		Expect(inQueue()).To(ConsistOf("Passed on before", "Asked before the upgrade", "Asked before the rollback"))
		expectNothingTwice()
	})
})

// bringBack brings questions back, and waits until a customer who has not confirmed a question yet has another link.
func bringBack(ctx context.Context, old former, customer string) {
	GinkgoHelper()
	former := linkTo(customer, "/q/")
	Expect(open(ctx, former)).To(Equal(http.StatusGone))
	old.bringQuestionsBack(ctx)
	Eventually(func() string { return linkTo(customer, "/q/") }).ShouldNot(Equal(former))
	Expect(open(ctx, former)).To(Equal(http.StatusGone))
}
