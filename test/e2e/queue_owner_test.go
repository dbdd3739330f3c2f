// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"net/url"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var deskLink = regexp.MustCompile(`^https?://[^/]+(/d/\S+)$`)

// deskLinks returns the links in the mails to the owner of a queue.
func deskLinks(address string) []string {
	GinkgoHelper()
	var links []string
	for _, m := range mailsTo(address) {
		for _, link := range m.Links() {
			if found := deskLink.FindStringSubmatch(link); found != nil {
				links = append(links, usher.PortalURL+found[1])
			}
		}
	}
	return links
}

var _ = Describe("The queue of a workspace", func() {
	It("GTA-8 gets nothing until its owner confirms the address by the link in a mail, and nothing is lost by then", func(ctx context.Context) {
		c := openContactPage(ctx)
		clara, desk := c.address("clara"), "desk@"+c.org+".test"
		c.ask(ctx, clara, "early")
		Eventually(func() []string { return linksTo(clara, "/q/") }).Should(HaveLen(1))

		By("naming an address that the platform has not allowed")
		edit(ctx, c.workspace, func(w *v1alpha1.Workspace) { w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress(desk) })
		Eventually(func() []string { return deskLinks(desk) }).Should(HaveLen(1))
		Eventually(get(ctx, c.workspace)).Should(And(
			HaveCondition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonQueueUnconfirmed),
			HaveField("Status.Queue.Mail.State", v1alpha1.MailSent)))
		Eventually(func() int { return visit(ctx, c.url()) }).Should(Equal(http.StatusServiceUnavailable))
		Expect(post(ctx, c.url(), questionForm(clara, "too early"))).To(Equal(http.StatusServiceUnavailable))
		Expect(text(ctx, c.url()+"?lang=en")()).To(ContainSubstring("is not open yet"))
		Expect(post(ctx, here(linksTo(clara, "/q/")[0]), nil)).To(Equal(http.StatusSeeOther), "what was asked before can be confirmed")

		By("opening the link, which changes nothing, and confirming")
		link := deskLinks(desk)[0]
		Expect(text(ctx, link)()).To(And(ContainSubstring(desk), ContainSubstring("support")))
		Expect(visit(ctx, link)).To(Equal(http.StatusOK))
		Expect(get(ctx, c.workspace)(Default)).To(HaveField("Status.Queue.State", v1alpha1.QueueRequested))
		Expect(mailsTo(desk)).To(HaveLen(1))
		Expect(post(ctx, link, url.Values{"action": {"confirm"}})).To(Equal(http.StatusSeeOther))
		awaitReady(ctx, c.workspace)
		Eventually(func() int { return visit(ctx, c.url()) }).Should(Equal(http.StatusOK))
		Eventually(subjectsTo(desk)).Should(ContainElement(HaveSuffix("] early")), "what waited is passed on")
		Expect(c.queued()).To(BeEmpty(), "the former queue gets nothing")

		By("confirming with a link that another address has replaced")
		edit(ctx, c.workspace, func(w *v1alpha1.Workspace) { w.Spec.Portal.QueueEmail = v1alpha1.EmailAddress("other-" + desk) })
		Eventually(func() []string { return deskLinks("other-" + desk) }).Should(HaveLen(1))
		Expect(post(ctx, link, url.Values{"action": {"confirm"}})).To(Equal(http.StatusGone))

		By("declining")
		Expect(post(ctx, deskLinks("other-" + desk)[0], url.Values{"action": {"decline"}})).To(Equal(http.StatusSeeOther))
		Eventually(get(ctx, c.workspace)).Should(HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonQueueRefused))
		Expect(post(ctx, deskLinks("other-" + desk)[0], url.Values{"action": {"confirm"}})).To(Equal(http.StatusSeeOther))
		Expect(text(ctx, deskLinks("other-" + desk)[0]+"?lang=en")()).To(ContainSubstring("You declined"))
	})

	It("GTA-8 is asked in Spanish and again on demand, and mails to the intake wait until then", func(ctx context.Context) {
		org := organization(ctx)
		desk := "desk@" + org + ".test"
		w := builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) {
			w.Spec.Portal = &v1alpha1.CustomerPortal{
				Title: "Soporte", QueueEmail: v1alpha1.EmailAddress(desk), IntakeEmail: v1alpha1.EmailAddress("soporte@in." + org + ".example"),
			}
			w.Spec.Settings.Language = "es"
		}).Obj()
		create(ctx, w)
		Eventually(func() []string { return deskLinks(desk) }).Should(HaveLen(1))
		Expect(mailsTo(desk)[0].Subject).To(And(HavePrefix("¿Puede support reenviar"), HaveSuffix("a esta dirección?")))
		i := intake{org: org, address: string(w.Spec.Portal.IntakeEmail), queue: desk}
		Eventually(i.knows).Should(MatchError(ContainSubstring("451: the queue of " + i.address + " waits for its owner to confirm the address")))

		edit(ctx, w, func(w *v1alpha1.Workspace) { w.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} })
		Eventually(func() []string { return deskLinks(desk) }).Should(HaveLen(2))
		Expect(post(ctx, deskLinks(desk)[0], url.Values{"action": {"confirm"}})).To(Equal(http.StatusGone))
		Expect(post(ctx, deskLinks(desk)[1], url.Values{"action": {"confirm"}})).To(Equal(http.StatusSeeOther))
		awaitReady(ctx, w)
		Eventually(i.knows).Should(Succeed())
	})
})
