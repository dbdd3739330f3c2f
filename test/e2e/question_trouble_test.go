// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// clientsOf returns numbered addresses.
func (c contactPage) clientsOf(count int) []string {
	var all []string
	for _, name := range subjectsOf("client", count) {
		all = append(all, c.address(strings.ReplaceAll(name, " ", "-")))
	}
	return all
}

// states counts the stored questions by the state in their records.
func states(secrets []corev1.Secret) map[string]int {
	counts := map[string]int{}
	for _, s := range secrets {
		for _, state := range []string{"Waiting", "Received", "Failed", "Passed"} {
			if strings.Contains(string(s.Data["record.json"]), `"state":"`+state+`"`) {
				counts[state]++
			}
		}
	}
	return counts
}

var _ = Describe("A customer's question while the queue's mail server has trouble", func() {
	BeforeEach(func() { DeferCleanup(func() { box.SetTrouble(mailbox.None{}) }) })

	It("GTA-8 is stored while the server is down and the operator restarts, and none is lost or duplicated", func(ctx context.Context) {
		c := openContactPage(ctx)
		clients := c.clientsOf(9)
		for n, email := range clients[:6] {
			c.ask(ctx, email, subjectsOf("q", 6)[n])
		}
		for _, email := range clients[:6] {
			Eventually(func() []string { return linksTo(email, "/q/") }).Should(HaveLen(1))
		}
		box.SetTrouble(mailbox.Down(smtpError(421, "away")))
		for _, email := range clients[:3] {
			Expect(post(ctx, here(linksTo(email, "/q/")[0]), nil)).To(BeEquivalentTo(303))
		}
		Eventually(storedQuestions(ctx, c.org)).Should(ContainElement(HaveField("Data", HaveKeyWithValue("record.json", ContainSubstring(`"lastError"`)))))

		By("restarting the operator")
		Expect(usher.Stop()).To(Succeed())
		startOperator(ctx)
		for _, email := range clients[3:6] {
			Expect(post(ctx, here(linksTo(email, "/q/")[0]), nil)).To(BeEquivalentTo(303))
		}
		for n, email := range clients[6:] {
			c.ask(ctx, email, subjectsOf("late", 3)[n])
		}
		Expect(states(storedQuestions(ctx, c.org)(Default))).To(Equal(map[string]int{"Received": 6, "Waiting": 3}))
		Expect(c.queued()).To(BeEmpty())

		By("restoring the server")
		box.SetTrouble(mailbox.None{})
		for _, email := range clients[6:] {
			Eventually(func() []string { return linksTo(email, "/q/") }).Should(HaveLen(1))
			Expect(post(ctx, here(linksTo(email, "/q/")[0]), nil)).To(BeEquivalentTo(303))
		}
		Eventually(c.queued).Should(ConsistOf("q 1", "q 2", "q 3", "q 4", "q 5", "q 6", "late 1", "late 2", "late 3"))
		Eventually(func(g Gomega) map[string]int { return states(storedQuestions(ctx, c.org)(g)) }).Should(Equal(map[string]int{"Passed": 9}))
		Expect(mailsTo(c.queue)).To(HaveLen(9))
		for _, email := range clients {
			Expect(usersWith(ctx, c.org, email)(Default)).To(HaveLen(1))
			Eventually(func() []string { return linksTo(email, "/a/") }).Should(HaveLen(1))
		}
	})

	It("GTA-8 survives an operator that is killed twice", func(ctx context.Context) {
		c := openContactPage(ctx)
		clients := c.clientsOf(12)
		for n, email := range clients {
			c.ask(ctx, email, subjectsOf("k", 12)[n])
		}
		for _, email := range clients {
			Eventually(func() []string { return linksTo(email, "/q/") }).Should(HaveLen(1))
		}
		launch := launchKillable(ctx)
		sent := 0
		slow := make(chan struct{}, len(clients))
		box.SetTrouble(mailbox.FateOfMails(func(to []string) mailbox.Fate {
			if slices.Contains(to, c.queue) {
				slow <- struct{}{}
				return mailbox.Fate{KeepAndCut: len(slow)%3 == 0} // accepted without an answer
			}
			return mailbox.Fate{}
		}))
		var log func() string
		for round := range 2 {
			program := launch()
			for _, email := range clients[round*6 : round*6+6] {
				Expect(post(ctx, here(linksTo(email, "/q/")[0]), nil)).To(BeEquivalentTo(303))
				sent++
			}
			Eventually(slow).Should(Receive(), "the operator is passing on a question")
			Expect(program.Kill()).To(Succeed())
			log = func() string {
				text, err := program.Log()
				Expect(err).NotTo(HaveOccurred())
				return text
			}
		}
		box.SetTrouble(mailbox.None{})
		launch()
		Eventually(func(g Gomega) map[string]int { return states(storedQuestions(ctx, c.org)(g)) }).Should(Equal(map[string]int{"Passed": sent}))
		Expect(c.queued()).To(ConsistOf(subjectsOf("k", sent)))
		GinkgoWriter.Printf("questions: %d in, %d out, in %d mails\n", sent, len(c.queued()), len(mailsTo(c.queue)))
		for _, email := range clients {
			Expect(usersWith(ctx, c.org, email)(Default)).To(HaveLen(1))
			Expect(log()).NotTo(ContainSubstring(email))
		}
		Expect(log()).NotTo(Or(ContainSubstring("Pita"), ContainSubstring("/q/"), ContainSubstring("/a/")))
	})

	It("GTA-8 is stored if the queue permanently refuses it, and passed on when the queue's address is corrected", func(ctx context.Context) {
		c := openContactPage(ctx)
		clara, wrong := c.address("clara"), c.queue
		box.SetFault(func(to string) error {
			if to == wrong {
				return smtpError(550, "no such user")
			}
			return nil
		})
		c.askAndConfirm(ctx, clara, "refused")
		Eventually(func() []string { return linksTo(clara, "/a/") }).Should(HaveLen(1))
		mine := linksTo(clara, "/a/")[0]
		Eventually(text(ctx, mine)).Should(ContainSubstring("the team&#39;s mailbox refused it, and we keep trying"))
		Eventually(func(g Gomega) []eventsv1.Event {
			var list eventsv1.EventList
			g.Expect(env.Client.List(ctx, &list, client.InNamespace(c.org))).To(Succeed())
			return list.Items
		}).Should(ContainElement(And(
			HaveField("Reason", "QuestionRefused"), HaveField("Regarding.Name", "support"),
			HaveField("Note", And(ContainSubstring("spec.portal.queueEmail"), Not(ContainSubstring("refused\""))))))) // does not quote the question
		edit(ctx, c.workspace, func(w *v1alpha1.Workspace) { w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress("other-" + c.queue) })
		c.queue = "other-" + c.queue
		c.questionIn("refused")
		Eventually(text(ctx, mine)).Should(ContainSubstring("Sent to the team on"))
	})

	It("GTA-8 that is confirmed is passed on even if its workspace is deleted before", func(ctx context.Context) {
		c := openContactPage(ctx)
		clara := c.address("clara")
		c.ask(ctx, clara, "late")
		Eventually(func() []string { return linksTo(clara, "/q/") }).Should(HaveLen(1))
		box.SetFault(func(string) error { return smtpError(450, "not now") })
		Expect(post(ctx, here(linksTo(clara, "/q/")[0]), nil)).To(BeEquivalentTo(303))
		Eventually(func(g Gomega) map[string]int { return states(storedQuestions(ctx, c.org)(g)) }).Should(Equal(map[string]int{"Received": 1}))
		Expect(env.Client.Delete(ctx, c.workspace)).To(Succeed())
		box.SetFault(nil)
		Expect(c.questionIn("late").Text).To(ContainSubstring("Pita tres veces."))
	})
})

// launchKillable stops the operator in this process until the spec ends, and returns a function that runs it in a process of
// its own.
func launchKillable(ctx context.Context) func() *operator.Process {
	GinkgoHelper()
	Expect(usher.Stop()).To(Succeed())
	DeferCleanup(startOperator)
	binary, err := operator.Build(ctx, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	return func() *operator.Process {
		GinkgoHelper()
		options, err := operator.Options(env, box)
		Expect(err).NotTo(HaveOccurred())
		options.LeaderElection = false // otherwise it would wait until the lease of the killed leader expires
		program, err := operator.Launch(env.OperatorConfig(), binary, options)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(program.Kill()).To(Succeed()) })
		Expect(program.AwaitReady(ctx)).To(Succeed())
		usher = &program.Operator
		return program
	}
}
