// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"maps"
	"os"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/meters"
)

var _ = Describe("The metrics of the intake", func() {
	It("LMI-3 count what comes to each recipient, accounts and connections", func() {
		mails := func(outcome string) func() (float64, error) { return meters.Rises("usher_intake_mails_total", outcome) }
		passed, unknown, over, malformed := mails("passed_on"), mails("unknown_recipient"), mails("limited"), mails("malformed")
		large, refused, unavailable, looped := mails("too_large"), mails("queue_refused"), mails("queue_unavailable"), mails("loop")
		deferred := mails("deferred")
		accounts := meters.Rises("usher_intake_accounts_total", "")
		connections := meters.Rises("usher_intake_connections", "")

		all := newTown()
		c := greeted(listen(all, limitedTo(Limits{PerSender: 2, MessageBytes: 1000})))
		Expect(connections()).To(BeEquivalentTo(1))
		Expect(c.deliver(claire, written(claire), support, sales)).To(HaveLen(2))
		Expect(passed()).To(BeEquivalentTo(2))
		Expect(accounts()).To(BeEquivalentTo(1))
		Expect(c.deliver(claire, "no header\r\n", support)).To(HaveExactElements(HavePrefix("554")))
		Expect(malformed()).To(BeEquivalentTo(1))
		Expect(c.deliver(claire, written(claire, "Usher-Intake: "+support), support)).To(HaveExactElements(HavePrefix("554")))
		Expect(looped()).To(BeEquivalentTo(1))
		Expect(c.ask("MAIL FROM:<> SIZE=1001")).To(HavePrefix("552"))
		Expect(large()).To(BeEquivalentTo(1))
		all.trouble = func(string) error { return errWaits }
		Expect(c.deliver(claire, written(claire), support)).To(HaveExactElements(HavePrefix("451")))
		Expect(unavailable()).To(BeEquivalentTo(1))
		all.trouble = func(string) error { return errRefuse }
		Expect(c.deliver(claire, written(claire), support)).To(HaveExactElements(HavePrefix("554")))
		Expect(refused()).To(BeEquivalentTo(1))
		all.trouble = nil
		Expect(c.deliver(claire, written(claire), support)).To(HaveExactElements(HavePrefix("250")))
		Expect(c.deliver(claire, written(claire), support)).To(HaveExactElements(HavePrefix("452")))
		Expect(over()).To(BeEquivalentTo(1))
		Expect(c.ask("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(c.ask("RCPT TO:<nobody@in.acme.example>")).To(HavePrefix("550"))
		Expect(unknown()).To(BeEquivalentTo(1))
		Expect(c.ask("RCPT TO:<late@in.acme.example>")).To(HavePrefix("451"))
		Expect(deferred()).To(BeEquivalentTo(1))
		Expect(c.ask("QUIT")).To(HavePrefix("221"))
		Eventually(connections).Should(BeZero())
	})

	It("are in the documentation", func() {
		page, err := os.ReadFile("../../docs/operations.md")
		Expect(err).NotTo(HaveOccurred())
		for _, text := range slices.Concat(slices.Collect(maps.Values(outcomes)), []string{
			outcomeOther, "usher_intake_mails_total{outcome}", "usher_intake_accounts_total", "usher_intake_connections",
		}) {
			Expect(string(page)).To(ContainSubstring("`" + text + "`"))
		}
	})

	It("know every answer by an outcome of their own, or as a deferral", func() {
		for _, a := range refusals() {
			// 50x and 555 are about the protocol, not about a mail.
			if _, known := outcomes[a.enhanced]; !known && a.code/10 != 50 && a.code != 555 {
				Expect(a.code).To(BeNumerically("<", 500), a.String())
			}
		}
	})
})
