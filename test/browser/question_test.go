// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// contactPage is a workspace with a contact page, and a customer.
type contactPage struct {
	org, clara, queue string
	workspace         *v1alpha1.Workspace
}

// openContactPage creates an organization with a contact page in a language, with changes to the workspace.
func openContactPage(ctx context.Context, language string, changes ...func(*v1alpha1.Workspace)) contactPage {
	GinkgoHelper()
	org := env.Namespace(ctx, "acme")
	c := contactPage{org: org, clara: "clara.ruiz@" + org + ".example", queue: "cola@" + org + ".example"}
	o := builders.Organization(org).DisplayName("Acme S.A.").Obj()
	o.Spec.Profile.TimeZone = "Europe/Madrid"
	ana := builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	introduction := map[string]string{
		"es": "Escríbenos si algo no funciona.\nTen a mano el número de serie: está debajo de la pantalla.",
		"en": "Write to us when something does not work.\nHave the serial number at hand: it is below the screen.",
	}
	office := []v1alpha1.Weekday{v1alpha1.Monday, v1alpha1.Tuesday, v1alpha1.Wednesday, v1alpha1.Thursday, v1alpha1.Friday}
	c.workspace = builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) {
		w.Spec.Settings.Language = v1alpha1.LanguageTag(language)
		w.Spec.Portal = &v1alpha1.CustomerPortal{
			Title: "Soporte Acme", QueueEmail: v1alpha1.EmailAddress(c.queue), Introduction: introduction[language],
			Hours: []v1alpha1.OpeningHours{
				{Days: office, Opens: "00:00", Closes: "24:00"},
				{Days: []v1alpha1.Weekday{v1alpha1.Saturday, v1alpha1.Sunday}, Opens: "00:00", Closes: "24:00"},
			},
		}
	}).Obj()
	for _, change := range changes {
		change(c.workspace)
	}
	create(ctx, o, ana, c.workspace)
	Eventually(read(ctx, ana)).Should(BeReady())
	Eventually(func() int { return ask(ctx, http.MethodGet, c.url()).status }).Should(Equal(http.StatusOK))
	return c
}

func (c contactPage) url() string { return usher.PortalURL + "/w/" + c.org + "/support" }

// link waits for a mail to the customer with a link below a path and returns the link.
func (c contactPage) link(path string) string {
	GinkgoHelper()
	var link string
	Eventually(func(g Gomega) {
		all, err := box.Messages()
		g.Expect(err).NotTo(HaveOccurred())
		for _, m := range all {
			if m.SentTo(c.clara) && linkIn(m, path) != "" {
				link = linkIn(m, path)
			}
		}
		g.Expect(link).NotTo(BeEmpty())
	}).Should(Succeed())
	return link
}

// questionTexts are the texts of the customers' pages in a language.
type questionTexts struct{ language, title, errors, presence, sent, confirm, received, list, subject, text string }

var (
	questionsSpanish = questionTexts{
		"es", "Soporte Acme: haz una pregunta", "Revisa los datos", "El equipo técnico está disponible ahora.", "Revisa tu correo",
		"¿Es esta tu pregunta?", "Hemos recibido tu pregunta", "Tus preguntas", "El quiosco no arranca",
		"Desde ayer pita tres veces al encenderlo y la pantalla sigue negra.\n\nLo he apagado y encendido dos veces.",
	}
	questionsEnglish = questionTexts{
		"en", "Soporte Acme: ask a question", "Please check what you entered", "Technicians are available now.", "Check your mail",
		"Is this your question?", "We have received your question", "Your questions", "The kiosk does not start",
		"Since yesterday it beeps three times when it is switched on, and the screen stays black.\n\nI have switched it off and on twice.",
	}
)

var _ = DescribeTable("GTA-7 GTA-8 A customer's question goes from the contact page to the queue",
	func(ctx SpecContext, words questionTexts, s screen, color string) {
		c := openContactPage(ctx, words.language, func(w *v1alpha1.Workspace) { w.Spec.Portal.AccentColor = color })
		t := openTab(ctx, s)
		page := func(name, heading string) {
			GinkgoHelper()
			Expect(t.text("h1")).To(Equal(heading))
			Expect(t.attribute("html", "lang")).To(Equal(words.language))
			t.examine(words.language + "-question-" + name)
		}
		Expect(t.visit(c.url())).To(Equal(http.StatusOK))
		Expect(t.title()).To(HavePrefix(words.title))
		Expect(t.text(".presence")).To(Equal(words.presence))
		page("1-page", "Soporte Acme")

		By("filling in the form with errors")
		t.fill("#email", "clara")
		t.compose("#text", words.text)
		Expect(t.follow("main form button")).To(Equal(http.StatusUnprocessableEntity))
		page("2-mistakes", "Soporte Acme")
		Expect(t.title()).To(HavePrefix("Error: "))
		Expect(t.text("#errors h2")).To(Equal(words.errors))
		t.awaitFocus("errors")
		t.click("#errors a[href='#subject']")
		t.awaitFocus("subject")
		Expect(described(t, "email")).To(ContainSubstring(t.text("#email-error")))
		Expect(eval[string](t, "document.getElementById('text').value")).To(Equal(words.text), "the form keeps what was typed")

		By("correcting the errors")
		t.fill("#name", "Clara Ruiz")
		t.fill("#email", c.clara)
		t.fill("#subject", words.subject)
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		page("3-check-mail", words.sent)

		Expect(t.visit(c.link("/q/"))).To(Equal(http.StatusOK))
		Expect(t.text("blockquote")).To(Equal(words.text))
		page("4-confirm", words.confirm)
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		page("5-received", words.received)
		Expect(t.text(".presence")).To(Equal(words.presence))

		By("opening the customer's list of questions")
		Expect(t.visit(c.link("/a/"))).To(Equal(http.StatusOK))
		Eventually(ctx, func() string {
			t.visit(c.link("/a/"))
			return t.attribute(".state", "class")
		}).Should(Equal("state Passed"))
		Expect(t.text(".asked")).To(ContainSubstring(words.subject))
		page("6-questions", words.list)
		mail, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(c.queue) })
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.ReplaceAll(mail.Text, "\r\n", "\n")).To(ContainSubstring("> " + strings.ReplaceAll(words.text, "\n", "\n> ")))
	},
	Entry("in Spanish on a desktop", questionsSpanish, desktop, ""),
	Entry("in Spanish on a phone", questionsSpanish, phone, "#FFCC00"),
	Entry("in English on a desktop", questionsEnglish, desktop, "#B3261E"),
	Entry("in English on a phone", questionsEnglish, phone, ""),
	Entry("in English in dark mode", questionsEnglish, dark, "#20124D"),
)

var _ = Describe("A workspace's contact page", func() {
	It("GTA-8 works without scripts and says until when a question waits", func(ctx SpecContext) {
		madrid, err := time.LoadLocation("Europe/Madrid")
		Expect(err).NotTo(HaveOccurred())
		now := time.Now().In(madrid)
		opens := now.Add(2 * time.Hour)
		day := map[bool]string{true: "hoy", false: "mañana"}[opens.Day() == now.Day()]
		c := openContactPage(ctx, "es", func(w *v1alpha1.Workspace) {
			days := []v1alpha1.Weekday{v1alpha1.Weekday(opens.Weekday().String())}
			w.Spec.Portal.Hours = []v1alpha1.OpeningHours{{Days: days, Opens: opens.Format("15:04"), Closes: "24:00"}}
		})
		t := openTab(ctx, narrow)
		t.withoutScripts()
		Expect(t.visit(c.url())).To(Equal(http.StatusOK))
		Expect(t.text(".presence")).To(Equal("Ahora no hay nadie disponible. Tu pregunta esperará en la cola hasta " + day + " a las " + opens.Format("15:04") + "."))
		t.screenshot("es-question-closed")
		t.fill("#email", c.clara)
		t.fill("#subject", "Sin scripts")
		t.compose("#text", "Funciona.")
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Revisa tu correo"))
		Expect(c.link("/q/")).NotTo(BeEmpty())
	})

	It("displays long titles, long words and right-to-left texts", func(ctx SpecContext) {
		c := openContactPage(ctx, "en", func(w *v1alpha1.Workspace) {
			w.Spec.Portal.Title = v1alpha1.DisplayName("Kundendienst der " + strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 3))
			w.Spec.Portal.Introduction = strings.Repeat("Donaudampfschifffahrtsgesellschaftskapitän", 8) + "\nברוכים הבאים"
		})
		t := openTab(ctx, narrow)
		t.visit(c.url())
		t.examine("long-question-1-page")
		t.fill("#email", c.clara)
		t.fill("#subject", strings.Repeat("x", 150))
		t.compose("#text", "שלום\n"+strings.Repeat("y", 400))
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		t.visit(c.link("/q/"))
		t.examine("long-question-4-confirm")
		t.follow("main form button")
		t.examine("long-question-5-received")
		t.visit(c.link("/a/"))
		t.examine("long-question-6-questions")
	})

	It("asks customers who send too many questions to wait", func(ctx SpecContext) {
		c := openContactPage(ctx, "es")
		busy := startReplica(ctx, func(o *setup.Options) { o.PortalQuestionsPerHour = 1 })
		t := openTab(ctx, phone)
		once := func(subject string) int {
			GinkgoHelper()
			t.visit(strings.Replace(c.url(), usher.PortalURL, busy.PortalURL, 1))
			t.fill("#email", c.clara)
			t.fill("#subject", subject)
			t.compose("#text", "Pita.")
			return t.follow("main form button")
		}
		Expect(once("one")).To(Equal(http.StatusOK))
		Expect(once("two")).To(Equal(http.StatusTooManyRequests))
		Expect(t.text("h1")).To(Equal("Demasiadas preguntas desde tu red"))
		t.examine("es-question-network")
		for n := range 4 {
			answer := postForm(ctx, c.url(), url.Values{"email": {c.clara}, "subject": {strings.Repeat("n", n+1)}, "text": {"Pita."}})
			Expect(answer).To(Equal(http.StatusSeeOther))
		}
		t.visit(c.url())
		t.fill("#email", c.clara)
		t.fill("#subject", "six")
		t.compose("#text", "Pita.")
		Expect(t.follow("main form button")).To(Equal(http.StatusTooManyRequests))
		Expect(t.text("h1")).To(Equal("Tus preguntas siguen en espera"))
		t.examine("es-question-waiting")
	})
})

// compose enters text in an empty text area, which chromedp cannot clear.
func (t *tab) compose(selector, text string) {
	GinkgoHelper()
	do(t, chromedp.Focus(chromedp.CSS(selector)))
	t.typeText(text)
}

// postForm sends a form without the browser and returns the status. It does not follow redirects.
func postForm(ctx context.Context, address string, form url.Values) int {
	GinkgoHelper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	return response.StatusCode
}
