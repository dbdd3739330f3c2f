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

// desk is a workspace with a page for customers, and a customer.
type desk struct {
	org, clara, queue string
	workspace         *v1alpha1.Workspace
}

// openDesk makes an organization with such a workspace in a language, with changes to it.
func openDesk(ctx context.Context, language string, changes ...func(*v1alpha1.Workspace)) desk {
	GinkgoHelper()
	org := env.Namespace(ctx, "acme")
	d := desk{org: org, clara: "clara.ruiz@" + org + ".example", queue: "cola@" + org + ".example"}
	o := builders.Organization(org).DisplayName("Acme S.A.").Obj()
	o.Spec.Profile.TimeZone = "Europe/Madrid"
	ana := builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	introduction := map[string]string{
		"es": "Escríbenos si algo no funciona.\nTen a mano el número de serie: está debajo de la pantalla.",
		"en": "Write to us when something does not work.\nHave the serial number at hand: it is below the screen.",
	}
	office := []v1alpha1.Weekday{v1alpha1.Monday, v1alpha1.Tuesday, v1alpha1.Wednesday, v1alpha1.Thursday, v1alpha1.Friday}
	d.workspace = builders.Workspace(org, "support").With(func(w *v1alpha1.Workspace) {
		w.Spec.Settings.Language = v1alpha1.LanguageTag(language)
		w.Spec.Portal = &v1alpha1.CustomerPortal{
			Title: "Soporte Acme", QueueEmail: v1alpha1.EmailAddress(d.queue), Introduction: introduction[language],
			Hours: []v1alpha1.OpeningHours{
				{Days: office, Opens: "00:00", Closes: "24:00"},
				{Days: []v1alpha1.Weekday{v1alpha1.Saturday, v1alpha1.Sunday}, Opens: "00:00", Closes: "24:00"},
			},
		}
	}).Obj()
	for _, change := range changes {
		change(d.workspace)
	}
	create(ctx, o, ana, d.workspace)
	Eventually(read(ctx, ana)).Should(BeReady())
	Eventually(func() int { return ask(ctx, http.MethodGet, d.page()).status }).Should(Equal(http.StatusOK))
	return d
}

func (d desk) page() string { return usher.PortalURL + "/w/" + d.org + "/support" }

// link waits for a mail to the customer with a link below a path and gives the link.
func (d desk) link(path string) string {
	GinkgoHelper()
	var link string
	Eventually(func(g Gomega) {
		all, err := box.Messages()
		g.Expect(err).NotTo(HaveOccurred())
		for _, m := range all {
			if m.SentTo(d.clara) && linkIn(m, path) != "" {
				link = linkIn(m, path)
			}
		}
		g.Expect(link).NotTo(BeEmpty())
	}).Should(Succeed())
	return link
}

// asks is what the customers' pages say in a language.
type asks struct{ language, title, errors, presence, sent, confirm, received, list, subject, text string }

var (
	asksSpanish = asks{
		"es", "Soporte Acme: haz una pregunta", "Revisa los datos", "El equipo técnico está disponible ahora.", "Revisa tu correo",
		"¿Es esta tu pregunta?", "Hemos recibido tu pregunta", "Tus preguntas", "El quiosco no arranca",
		"Desde ayer pita tres veces al encenderlo y la pantalla sigue negra.\n\nLo he apagado y encendido dos veces.",
	}
	asksEnglish = asks{
		"en", "Soporte Acme: ask a question", "Please check what you entered", "Technicians are available now.", "Check your mail",
		"Is this your question?", "We have received your question", "Your questions", "The kiosk does not start",
		"Since yesterday it beeps three times when it is switched on, and the screen stays black.\n\nI have switched it off and on twice.",
	}
)

var _ = DescribeTable("The whole way of a customer's question (GTA-7, GTA-8)",
	func(ctx SpecContext, words asks, s screen, color string) {
		d := openDesk(ctx, words.language, func(w *v1alpha1.Workspace) { w.Spec.Portal.AccentColor = color })
		t := openTab(ctx, s)
		page := func(name, heading string) {
			GinkgoHelper()
			Expect(t.text("h1")).To(Equal(heading))
			Expect(t.attribute("html", "lang")).To(Equal(words.language))
			t.examine(words.language + "-question-" + name)
		}
		Expect(t.visit(d.page())).To(Equal(http.StatusOK))
		Expect(t.title()).To(HavePrefix(words.title))
		Expect(t.text(".presence")).To(Equal(words.presence))
		page("1-page", "Soporte Acme")

		By("making mistakes in the form")
		t.fill("#email", "clara")
		t.compose("#text", words.text)
		Expect(t.follow("main form button")).To(Equal(http.StatusUnprocessableEntity))
		page("2-mistakes", "Soporte Acme")
		Expect(t.title()).To(HavePrefix("Error: "))
		Expect(t.text("#errors h2")).To(Equal(words.errors))
		t.focuses("errors")
		t.click("#errors a[href='#subject']")
		t.focuses("subject")
		Expect(described(t, "email")).To(ContainSubstring(t.text("#email-error")))
		Expect(eval[string](t, "document.getElementById('text').value")).To(Equal(words.text), "nothing has to be typed twice")

		By("mending them")
		t.fill("#name", "Clara Ruiz")
		t.fill("#email", d.clara)
		t.fill("#subject", words.subject)
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		page("3-check-mail", words.sent)

		Expect(t.visit(d.link("/q/"))).To(Equal(http.StatusOK))
		Expect(t.text("blockquote")).To(Equal(words.text))
		page("4-confirm", words.confirm)
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		page("5-received", words.received)
		Expect(t.text(".presence")).To(Equal(words.presence))

		By("looking at her questions")
		Expect(t.visit(d.link("/a/"))).To(Equal(http.StatusOK))
		Eventually(ctx, func() string {
			t.visit(d.link("/a/"))
			return t.attribute(".state", "class")
		}).Should(Equal("state Passed"))
		Expect(t.text(".asked")).To(ContainSubstring(words.subject))
		page("6-questions", words.list)
		mail, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(d.queue) })
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.ReplaceAll(mail.Text, "\r\n", "\n")).To(ContainSubstring("> " + strings.ReplaceAll(words.text, "\n", "\n> ")))
	},
	Entry("in Spanish at a desk", asksSpanish, desktop, ""),
	Entry("in Spanish on a phone", asksSpanish, phone, "#FFCC00"),
	Entry("in English at a desk", asksEnglish, desktop, "#B3261E"),
	Entry("in English on a phone", asksEnglish, phone, ""),
	Entry("in English in the dark", asksEnglish, dark, "#20124D"),
)

var _ = Describe("A workspace's page", func() {
	It("works without scripts and says until when a question waits (GTA-8)", func(ctx SpecContext) {
		madrid, err := time.LoadLocation("Europe/Madrid")
		Expect(err).NotTo(HaveOccurred())
		now := time.Now().In(madrid)
		opens := now.Add(2 * time.Hour)
		day := map[bool]string{true: "hoy", false: "mañana"}[opens.Day() == now.Day()]
		d := openDesk(ctx, "es", func(w *v1alpha1.Workspace) {
			days := []v1alpha1.Weekday{v1alpha1.Weekday(opens.Weekday().String())}
			w.Spec.Portal.Hours = []v1alpha1.OpeningHours{{Days: days, Opens: opens.Format("15:04"), Closes: "24:00"}}
		})
		t := openTab(ctx, narrow)
		t.withoutScripts()
		Expect(t.visit(d.page())).To(Equal(http.StatusOK))
		Expect(t.text(".presence")).To(Equal("Ahora no hay nadie disponible. Tu pregunta esperará en la cola hasta " + day + " a las " + opens.Format("15:04") + "."))
		t.picture("es-question-closed")
		t.fill("#email", d.clara)
		t.fill("#subject", "Sin scripts")
		t.compose("#text", "Funciona.")
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Revisa tu correo"))
		Expect(d.link("/q/")).NotTo(BeEmpty())
	})

	It("bears long titles, long words and texts from right to left", func(ctx SpecContext) {
		d := openDesk(ctx, "en", func(w *v1alpha1.Workspace) {
			w.Spec.Portal.Title = v1alpha1.DisplayName("Kundendienst der " + strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 3))
			w.Spec.Portal.Introduction = strings.Repeat("Donaudampfschifffahrtsgesellschaftskapitän", 8) + "\nברוכים הבאים"
		})
		t := openTab(ctx, narrow)
		t.visit(d.page())
		t.examine("long-question-1-page")
		t.fill("#email", d.clara)
		t.fill("#subject", strings.Repeat("x", 150))
		t.compose("#text", "שלום\n"+strings.Repeat("y", 400))
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		t.visit(d.link("/q/"))
		t.examine("long-question-4-confirm")
		t.follow("main form button")
		t.examine("long-question-5-received")
		t.visit(d.link("/a/"))
		t.examine("long-question-6-questions")
	})

	It("tells who asks too often to wait, kindly", func(ctx SpecContext) {
		d := openDesk(ctx, "es")
		busy := startReplica(ctx, func(o *setup.Options) { o.PortalQuestionsPerHour = 1 })
		t := openTab(ctx, phone)
		once := func(subject string) int {
			GinkgoHelper()
			t.visit(strings.Replace(d.page(), usher.PortalURL, busy.PortalURL, 1))
			t.fill("#email", d.clara)
			t.fill("#subject", subject)
			t.compose("#text", "Pita.")
			return t.follow("main form button")
		}
		Expect(once("one")).To(Equal(http.StatusOK))
		Expect(once("two")).To(Equal(http.StatusTooManyRequests))
		Expect(t.text("h1")).To(Equal("Demasiadas preguntas desde tu red"))
		t.examine("es-question-network")
		for n := range 4 {
			answer := postForm(ctx, d.page(), url.Values{"email": {d.clara}, "subject": {strings.Repeat("n", n+1)}, "text": {"Pita."}})
			Expect(answer).To(Equal(http.StatusSeeOther))
		}
		t.visit(d.page())
		t.fill("#email", d.clara)
		t.fill("#subject", "six")
		t.compose("#text", "Pita.")
		Expect(t.follow("main form button")).To(Equal(http.StatusTooManyRequests))
		Expect(t.text("h1")).To(Equal("Tus preguntas siguen en espera"))
		t.examine("es-question-waiting")
	})
})

// compose puts text into an empty field of several lines, which chromedp cannot clear.
func (t *tab) compose(selector, text string) {
	GinkgoHelper()
	do(t, chromedp.Focus(chromedp.CSS(selector)))
	t.write(text)
}

// postForm sends a form as a program does and gives the status, without following redirects.
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
