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
	It("LMI-3 count mails per recipient by outcome, accounts and connections", func() {
		mails := func(outcome string) func() (float64, error) { return meters.Rises("usher_intake_mails_total", outcome) }
		passed, unknown, over, malformed := mails("passed_on"), mails("unknown_recipient"), mails("limited"), mails("malformed")
		large, refused, unavailable, looped := mails("too_large"), mails("queue_refused"), mails("queue_unavailable"), mails("loop")
		deferred := mails("deferred")
		accounts := meters.Rises("usher_intake_accounts_total", "")
		connections := meters.Rises("usher_intake_connections", "")

		backend := newFakeBackend()
		c := connect(listen(backend, limitedTo(Limits{PerSender: 2, MessageBytes: 1000})))
		Expect(connections()).To(BeEquivalentTo(1))
		Expect(c.deliver(claire, mailFrom(claire), support, sales)).To(HaveLen(2))
		Expect(passed()).To(BeEquivalentTo(2))
		Expect(accounts()).To(BeEquivalentTo(1))
		Expect(c.deliver(claire, "no header\r\n", support)).To(HaveExactElements(HavePrefix("554")))
		Expect(malformed()).To(BeEquivalentTo(1))
		Expect(c.deliver(claire, mailFrom(claire, "Usher-Intake: "+support), support)).To(HaveExactElements(HavePrefix("554")))
		Expect(looped()).To(BeEquivalentTo(1))
		Expect(c.command("MAIL FROM:<> SIZE=1001")).To(HavePrefix("552"))
		Expect(large()).To(BeEquivalentTo(1))
		backend.refusal = func(string) error { return errTemporary }
		Expect(c.deliver(claire, mailFrom(claire), support)).To(HaveExactElements(HavePrefix("451")))
		Expect(unavailable()).To(BeEquivalentTo(1))
		backend.refusal = func(string) error { return errPermanent }
		Expect(c.deliver(claire, mailFrom(claire), support)).To(HaveExactElements(HavePrefix("554")))
		Expect(refused()).To(BeEquivalentTo(1))
		backend.refusal = nil
		Expect(c.deliver(claire, mailFrom(claire), support)).To(HaveExactElements(HavePrefix("250")))
		Expect(c.deliver(claire, mailFrom(claire), support)).To(HaveExactElements(HavePrefix("452")))
		Expect(over()).To(BeEquivalentTo(1))
		Expect(c.command("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(c.command("RCPT TO:<nobody@in.acme.example>")).To(HavePrefix("550"))
		Expect(unknown()).To(BeEquivalentTo(1))
		Expect(c.command("RCPT TO:<late@in.acme.example>")).To(HavePrefix("451"))
		Expect(deferred()).To(BeEquivalentTo(1))
		Expect(c.command("QUIT")).To(HavePrefix("221"))
		Eventually(connections).Should(BeZero())
	})

	It("are documented in docs/operations.md", func() {
		page, err := os.ReadFile("../../docs/operations.md")
		Expect(err).NotTo(HaveOccurred())
		for _, text := range slices.Concat(slices.Collect(maps.Values(outcomes)), []string{
			outcomeOther, "usher_intake_mails_total{outcome}", "usher_intake_accounts_total", "usher_intake_connections",
		}) {
			Expect(string(page)).To(ContainSubstring("`" + text + "`"))
		}
	})

	It("have an outcome for every permanent refusal", func() {
		for _, a := range refusals() {
			// 50x and 555 are about the protocol, not about a mail.
			if _, known := outcomes[a.enhanced]; !known && a.code/10 != 50 && a.code != 555 {
				Expect(a.code).To(BeNumerically("<", 500), a.String())
			}
		}
	})
})
