// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/meters"
)

var _ = Describe("A customer's question", func() {
	It("GTA-7 GTA-8 LMI-2 LMI-5 gets from the page to the queue, and creates a Limited account for the customer", func(ctx context.Context) {
		c := openContactPage(ctx)
		passed := meters.Rises("usher_questions_total", "passed_on")
		clara := c.address("clara.ruiz")
		c.ask(ctx, clara, "El quiosco no arranca")

		By("confirming the address")
		Eventually(func() []string { return linksTo(clara, "/q/") }).Should(HaveLen(1))
		link := linksTo(clara, "/q/")[0]
		asked := mailsTo(clara)[0]
		Expect(asked.Subject+asked.Text+asked.HTML).NotTo(Or(ContainSubstring("quiosco"), ContainSubstring("Pita"), ContainSubstring("Clara")),
			"nobody can make Usher send their text to others")
		status, page := read(ctx, link)
		Expect(status).To(Equal(http.StatusOK))
		Expect(page).To(And(ContainSubstring("El quiosco no arranca"), ContainSubstring("Pita tres veces.\nDe: El quiosco"), ContainSubstring(clara)))
		Expect(visit(ctx, link+"/done")).To(Equal(http.StatusOK))
		Consistently(func() []string { return c.queued() }, "300ms").Should(BeEmpty(), "opening the page does not confirm the question")
		Expect(usersWith(ctx, c.org, clara)(Default)).To(BeEmpty())

		Expect(post(ctx, link, nil)).To(Equal(http.StatusSeeOther))
		Expect(post(ctx, link, nil)).To(Equal(http.StatusSeeOther), "sending the form twice has the same result")

		By("reading the queue")
		m := c.questionIn("El quiosco no arranca")
		Expect(m.Malformed).To(BeEmpty())
		Expect(m.Subject).To(MatchRegexp(`^\[Soporte Acme #[0-9A-Z]{8}\] El quiosco no arranca$`))
		Expect(m.From.Name).To(Equal("Clara Ruiz"))
		Expect(m.From.Address).To(Equal("usher@usher.example"))
		Expect(m.Header.Get("Reply-To")).To(Equal("<" + clara + ">"))
		Expect(m.Header).NotTo(HaveKey("Auto-Submitted"), "a person wrote it")
		Expect(strings.ReplaceAll(m.Text, "\r\n", "\n")).To(And(ContainSubstring("> "+wordsOf(clara)+" tres veces.\n> De: El quiosco no arranca"), ContainSubstring(clara)))
		Expect(m.HTML).To(And(ContainSubstring("Pita tres veces."), ContainSubstring(clara)))

		By("having an account without further action")
		user := awaitReady(ctx, userOf(ctx, c.org, clara))
		Expect(user.Spec.Access).To(Equal(v1alpha1.AccessLimited))
		Expect(user.Labels).To(HaveKeyWithValue(v1alpha1.LabelOrigin, v1alpha1.OriginPortal))
		Expect(user.Status.DisplayName).To(Equal("Clara Ruiz"))

		By("reading the state of the question")
		Eventually(func() []string { return linksTo(clara, "/a/") }).Should(HaveLen(1))
		receipt := mailsTo(clara)[1]
		Expect(receipt.Subject).To(Equal(m.Subject))
		Expect(m.Header.Get("In-Reply-To")).To(And(Equal(receipt.MessageID), Equal(m.Header.Get("References"))),
			"the team's answer is shown below the receipt")
		reference := m.Subject[len("[Soporte Acme #"):strings.Index(m.Subject, "]")]
		Eventually(text(ctx, linksTo(clara, "/a/")[0])).Should(And(
			ContainSubstring("El quiosco no arranca"), ContainSubstring(reference), ContainSubstring("Sent to the team on"),
			Not(ContainSubstring("Pita"))))
		Expect(text(ctx, link)()).To(And(ContainSubstring(reference), Not(ContainSubstring("Pita"))))

		By("deleting the text of the question")
		Eventually(storedQuestions(ctx, c.org)).Should(ConsistOf(HaveField("Data", And(HaveLen(1), HaveKeyWithValue("record.json",
			Not(Or(ContainSubstring("clara"), ContainSubstring("Clara"), ContainSubstring("Pita"))))))))
		Expect(mailsTo(clara)).To(HaveLen(2))
		Expect(mailsTo(c.queue)).To(HaveLen(1))

		By("counting the question")
		Eventually(passed).Should(BeNumerically(">=", 1))
		Eventually(meters.Value).WithArguments("usher_questions", "Passed").Should(BeNumerically(">=", 1))

		By("leaving no trace of the question or its links where others can read")
		all, trouble, err := env.Kubectl(ctx, "get", "events,secrets,configmaps,organizations,orgusers,orggroups,invitations,workspaces",
			"--all-namespaces", "--output=yaml", "--show-managed-fields")
		Expect(err).NotTo(HaveOccurred(), trouble)
		Expect(all).To(And(ContainSubstring(c.org), ContainSubstring("kind: Event")))
		Expect(strings.Contains(all, wordsOf(clara))).To(BeFalse(), "as text")
		whole := len(wordsOf(clara)) / 3 * 3
		Expect(strings.Contains(all, base64.StdEncoding.EncodeToString([]byte(wordsOf(clara)[:whole])))).To(BeFalse(), "as Secret data")
		Expect(partOf([]string{tokenIn(link), tokenIn(linksTo(clara, "/a/")[0])}, all)).To(BeEmpty())
	})

	It("LMI-3 LMI-7 from a known address creates no second account, and leaves a full one unchanged", func(ctx context.Context) {
		c := openContactPage(ctx)
		eva := builders.OrgUser(c.org, "eva").Existing().Obj()
		eva.Spec.DisplayName = "Eva Gil"
		create(ctx, eva)
		awaitReady(ctx, eva)
		before := eva.DeepCopy()
		sam := c.address("samgil")
		c.askAndConfirm(ctx, sam, "one")
		c.questionIn("one")
		c.askAndConfirm(ctx, strings.ToUpper(sam[:1])+sam[1:], "two")
		c.askAndConfirm(ctx, string(eva.Spec.Email), "three")
		c.questionIn("two")
		c.questionIn("three")
		var users v1alpha1.OrgUserList
		Expect(env.Client.List(ctx, &users)).To(Succeed())
		names := map[string]int{}
		for _, u := range users.Items {
			if u.Namespace == c.org {
				names[u.Status.DisplayName]++
			}
		}
		Expect(names).To(HaveKeyWithValue("Samgil Samgil", 1), "LMI-6")
		Expect(names).To(HaveLen(3), "ana, eva and sam")
		Expect(get(ctx, eva)(Default).Spec).To(Equal(before.Spec))
		Expect(eva.Labels).To(Equal(before.Labels))
	})

	It("GTA-8 is refused after too many from the same address, without effect on others", func(ctx context.Context) {
		c := openContactPage(ctx)
		clara, other := c.address("clara"), c.address("other")
		for _, subject := range subjectsOf("question", 5) {
			c.ask(ctx, clara, subject)
		}
		Expect(post(ctx, c.url()+"?lang=en", questionForm(clara, "question 6"))).To(Equal(http.StatusTooManyRequests))
		Expect(post(ctx, c.url(), questionForm(strings.ToUpper(clara), "question 6"))).To(Equal(http.StatusTooManyRequests))
		c.ask(ctx, other, "one more")
		Eventually(func() []string { return linksTo(clara, "/q/") }).Should(HaveLen(5))
		Eventually(func() []string { return linksTo(other, "/q/") }).Should(HaveLen(1))
		Expect(post(ctx, linksTo(clara, "/q/")[0], nil)).To(Equal(http.StatusSeeOther))
		Eventually(c.queued).Should(HaveLen(1))
		Eventually(func() int { return post(ctx, c.url(), questionForm(clara, "question 6")) }).Should(Equal(http.StatusSeeOther))
	})

	It("GTA-8 that is sent twice with the same form counts once", func(ctx context.Context) {
		c := openContactPage(ctx)
		form := questionForm(c.address("clara"), "twice")
		form.Set("form", "8a7b1f1c-0000-4000-8000-000000000001")
		for range 3 {
			Expect(post(ctx, c.url(), form)).To(Equal(http.StatusSeeOther))
		}
		Expect(storedQuestions(ctx, c.org)(Default)).To(HaveLen(1))
		form.Set("text", "Something else")
		Expect(post(ctx, c.url(), form)).To(Equal(http.StatusSeeOther))
		Expect(storedQuestions(ctx, c.org)(Default)).To(HaveLen(2))
	})

	It("GTA-7 has no page if the workspace does not exist or has no portal", func(ctx context.Context) {
		c := openContactPage(ctx)
		create(ctx, builders.Workspace(c.org, "closed").Obj())
		want := text(ctx, usher.PortalURL+"/i/nobody")()
		for _, path := range []string{"/w/nobody/support", "/w/" + c.org + "/nothing", "/w/" + c.org + "/closed", "/w/" + c.org + "/.."} {
			status, page := read(ctx, usher.PortalURL+path)
			Expect(status).To(Equal(http.StatusNotFound), path)
			Expect(page).To(Equal(want))
			Expect(post(ctx, usher.PortalURL+path, questionForm("x@y.example", "x"))).To(BeElementOf(http.StatusNotFound, http.StatusTemporaryRedirect))
		}
		Expect(storedQuestions(ctx, c.org)(Default)).To(BeEmpty())
	})

	It("GTA-8 that is not confirmed is deleted with the page", func(ctx context.Context) {
		c := openContactPage(ctx)
		clara := c.address("clara")
		c.ask(ctx, clara, "not confirmed")
		Eventually(func() []string { return linksTo(clara, "/q/") }).Should(HaveLen(1))
		edit(ctx, c.workspace, func(w *v1alpha1.Workspace) { w.Spec.Portal = nil })
		Eventually(storedQuestions(ctx, c.org)).Should(BeEmpty())
		link := linksTo(clara, "/q/")[0]
		Eventually(func() int { return visit(ctx, link) }).Should(Equal(http.StatusGone))
		Expect(post(ctx, link, nil)).To(Equal(http.StatusGone))
		Expect(mailsTo(c.queue)).To(BeEmpty())
	})
})
