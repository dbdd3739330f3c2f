// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

var _ = Describe("A contact page", func() {
	var questions *fakeQuestions
	var pages site

	BeforeEach(func() {
		questions = newFakeQuestions()
		pages = site{portal.New(newFakeLinks(), portal.Options{URL: "https://portal.acme.example", Questions: questions})}
	})

	It("GTA-7 GTA-8 shows the workspace, its hours and the form", func() {
		page := pages.get(contactPagePath)
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(SatisfyAll(
			ContainSubstring(`<html lang="es" dir="ltr">`),
			ContainSubstring("<title>Soporte Acme: haz una pregunta · Usher</title>"),
			ContainSubstring("<h1><bdi>Soporte Acme</bdi></h1>"),
			ContainSubstring("Escríbenos.\nContestamos pronto."),
			ContainSubstring("El equipo técnico está disponible ahora."),
			ContainSubstring("<dt>Lunes – viernes</dt><dd>09:00 – 18:00</dd>"),
			ContainSubstring(`<span class="hint">(CET)</span>`),
			ContainSubstring(`<form method="post" action="/w/acme/support" novalidate>`),
			MatchRegexp(`<input type="hidden" name="form" value="[0-9a-f-]{36}">`),
			ContainSubstring(`maxlength="8000"`), ContainSubstring(`autocomplete="email"`),
		))
		Expect(page.Body.String()).NotTo(SatisfyAny(
			ContainSubstring("<script"), ContainSubstring("style="), ContainSubstring("://"), ContainSubstring("cola@")))
		Expect(pages.get(contactPagePath + "?lang=en").Body.String()).To(SatisfyAll(
			ContainSubstring(`<html lang="en" dir="ltr">`), ContainSubstring(`action="/w/acme/support?lang=en"`)))
	})

	DescribeTable("GTA-8 says until when a question waits while nobody is available", func(days int, at, text string) {
		questions.contactPage.Now = questions.contactPage.Now.AddDate(0, 0, days)
		if at != "" {
			questions.contactPage.Hours[0].Closes = at
		}
		Expect(pages.get(contactPagePath + "?lang=en").Body.String()).To(ContainSubstring("Nobody is available right now. Your question will wait in the queue until " + text))
	},
		Entry("on a Friday after hours", 0, "17:30", "Monday at 09:00."),
		Entry("on a Sunday", 2, "", "09:00 tomorrow."),
		Entry("on a Saturday", 1, "", "Monday at 09:00."),
	)

	It("says nothing about availability if there are no hours", func() {
		questions.contactPage.Hours = nil
		Expect(pages.get(contactPagePath).Body.String()).NotTo(Or(ContainSubstring("presence"), ContainSubstring("CET")))
	})

	It("accepts a question, and redirects so that a reload sends nothing", func() {
		posted := pages.post(contactPagePath, questionForm())
		Expect(posted).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(posted).To(HaveHTTPHeaderWithValue("Location", "/w/acme/support/done"))
		Expect(questions.submissions).To(ConsistOf(portal.Submission{
			Form: "8a7b1f1c-0000-4000-8000-000000000001", Name: "Clara Ruiz", Address: "clara@customer.example", Subject: "El quiosco",
			Text: "Pita tres veces.\nNada más.", Language: "es", Network: "192.0.2.0/24",
		}))
		page := pages.get("/w/acme/support/done")
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(And(ContainSubstring("Revisa tu correo"), ContainSubstring("Soporte Acme")))
		Expect(pages.post(contactPagePath+"?lang=en", questionForm())).To(HaveHTTPHeaderWithValue("Location", "/w/acme/support/done?lang=en"))
		Expect(questions.submissions[1].Language).To(Equal("en"))
		Expect(questions.submissions).To(HaveLen(2))
	})

	DescribeTable("shows what is wrong in the form and keeps what was entered", func(text string, pairs ...string) {
		page := pages.post(contactPagePath+"?lang=en", questionForm(pairs...))
		Expect(page).To(HaveHTTPStatus(http.StatusUnprocessableEntity))
		Expect(page.Body.String()).To(And(ContainSubstring(`<a href="#`+pairs[0]+`">`+text), ContainSubstring(`id="`+pairs[0]+`-error"`),
			ContainSubstring("<title>Error: Soporte Acme"), ContainSubstring("8a7b1f1c-0000-4000-8000-000000000001")))
		if pairs[0] != "text" {
			Expect(page.Body.String()).To(ContainSubstring("Pita tres veces.\nNada más.</textarea>"))
		}
		Expect(questions.submissions).To(BeEmpty())
	},
		Entry(nil, "Your name can have at most 128 characters", "name", strings.Repeat("ä", 129)),
		Entry(nil, "Enter your email address", "email", " "),
		Entry(nil, "Enter an email address such as clara@example.org", "email", "Clara <clara@customer.example>"),
		Entry(nil, "Enter an email address such as clara@example.org", "email", "clara@customer.example\r\nBcc: x@y.example"),
		Entry(nil, "This is the team&#39;s own address: enter yours", "email", "COLA@acme.example"),
		Entry(nil, "Enter a subject", "subject", "\u202e \u200b"),
		Entry(nil, "The subject can have at most 150 characters", "subject", strings.Repeat("a", 151)),
		Entry(nil, "Write your question", "text", "\r\n \r\n"),
		Entry(nil, "Your question can have at most 8,000 characters: shorten it", "text", strings.Repeat("a", 8001)),
		Entry(nil, "Your question is too long: shorten it", "text", strings.Repeat("語", 4700)),
		Entry(nil, "Leave this field empty: it is there to catch automated programs", "website", "https://spam.example"),
	)

	It("GTA-8 drops invisible characters that were pasted with an address", func() {
		Expect(pages.post(contactPagePath, questionForm("email", "\u200bclara@customer.example\u200b\u00a0\ufeff"))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(questions.submissions).To(ConsistOf(HaveField("Address", "clara@customer.example")))
	})

	It("keeps joiners in a name and drops direction overrides", func() {
		Expect(pages.post(contactPagePath, questionForm("name", "\u202eعلی\u200cرضا"))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(questions.submissions).To(ConsistOf(HaveField("Name", "علی\u200cرضا")))
	})

	It("accepts the longest question and refuses larger forms", func() {
		text := strings.Repeat("ñ", 7000)
		Expect(pages.post(contactPagePath, questionForm("text", text))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(pages.post(contactPagePath, questionForm("text", strings.Repeat("a", 8000)))).To(HaveHTTPStatus(http.StatusSeeOther))
		page := pages.post(contactPagePath, questionForm("text", strings.Repeat("a", 200<<10)))
		Expect(page).To(HaveHTTPStatus(http.StatusRequestEntityTooLarge))
		Expect(page.Body.String()).To(ContainSubstring("A question can have at most 8,000 characters."))
		Expect(pages.post("/i/"+inviteToken, acceptForm("displayName", strings.Repeat("a", 20<<10)))).
			To(HaveHTTPStatus(http.StatusRequestEntityTooLarge), "the other forms stay small")
		Expect(questions.submissions).To(HaveLen(2))
	})

	DescribeTable("says which limit is reached and what to do", func(limit question.Limit, heading, hint string) {
		questions.err = &store.LimitError{Limit: limit}
		page := pages.post(contactPagePath+"?lang=en", questionForm())
		Expect(page).To(And(HaveHTTPStatus(http.StatusTooManyRequests), HaveHTTPHeaderWithValue("Retry-After", "3600")))
		Expect(page.Body.String()).To(And(ContainSubstring("<h1>"+heading+"</h1>"), ContainSubstring(hint), ContainSubstring("This question was not sent.")))
	},
		Entry(nil, question.LimitAddress, "Your questions are still waiting", "Open the links in our mails to confirm them"),
		Entry(nil, question.LimitDay, "Daily limit reached", "You can ask again tomorrow"),
		Entry(nil, question.LimitWorkspace, "The queue is full", "Try again in a few hours"),
	)

	It("limits questions per network and hour", func() {
		proxies := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		pages = site{portal.New(newFakeLinks(), portal.Options{
			Questions: questions, QuestionsPerHour: live.Of(2.0), TrustedProxies: proxies, RequestsPerSecond: live.Of(-1.0),
		})}
		from := func(address string, form url.Values) int {
			r := postRequest(contactPagePath, form)
			r.Header.Set("X-Forwarded-For", address)
			return pages.do(r).Code
		}
		Expect(from("198.51.100.1", questionForm("subject", ""))).To(Equal(http.StatusUnprocessableEntity), "mistakes do not count")
		Expect(from("198.51.100.1", questionForm())).To(Equal(http.StatusSeeOther))
		Expect(from("198.51.100.200", questionForm())).To(Equal(http.StatusSeeOther))
		Expect(from("198.51.100.77", questionForm())).To(Equal(http.StatusTooManyRequests))
		Expect(from("198.51.101.1", questionForm())).To(Equal(http.StatusSeeOther))
		Expect(from("2001:db8::1", questionForm())).To(Equal(http.StatusSeeOther))
		Expect(from("2001:db8::2", questionForm())).To(Equal(http.StatusSeeOther))
		Expect(from("2001:db8::3", questionForm())).To(Equal(http.StatusTooManyRequests))
		Expect(from("2001:db8:0:1::3", questionForm())).To(Equal(http.StatusTooManyRequests), "a host may have all of a /48")
		Expect(from("2001:db8:1::3", questionForm())).To(Equal(http.StatusSeeOther))
		r := postRequest(contactPagePath, questionForm())
		r.Header.Set("X-Forwarded-For", "198.51.100.9")
		Expect(pages.do(r).Body.String()).To(ContainSubstring("Demasiadas preguntas desde tu red"))
	})

	It("refuses forms from other sites", func() {
		foreign := postRequest(contactPagePath, questionForm())
		foreign.Header.Set("Sec-Fetch-Site", "cross-site")
		page := pages.do(foreign)
		Expect(page).To(HaveHTTPStatus(http.StatusForbidden))
		Expect(page.Body.String()).To(ContainSubstring("Open the page again and use its form."))
		Expect(questions.submissions).To(BeEmpty())
	})

	It("reports a temporary error with 503", func() {
		questions.err = errors.New("etcd is away")
		Expect(pages.post(contactPagePath, questionForm())).To(HaveHTTPStatus(http.StatusServiceUnavailable))
	})

	It("has the workspace's color, by a style sheet of its own", func() {
		questions.contactPage.Branding.AccentColor = "#FFDD00"
		address := regexp.MustCompile(`href="(/static/accent-[^"]+)"`).FindStringSubmatch(pages.get(contactPagePath).Body.String())
		Expect(address).To(HaveLen(2))
		sheet := pages.get(address[1])
		Expect(sheet).To(And(HaveHTTPStatus(http.StatusOK), HaveHTTPHeaderWithValue("Content-Type", "text/css; charset=utf-8"),
			HaveHTTPHeaderWithValue("Cache-Control", ContainSubstring("immutable"))))
		Expect(sheet.Body.String()).To(ContainSubstring("--accent:#"))
		for _, wrong := range []string{"accent-.css", "accent-ffdd0.css", "accent-FFDD00.css", "accent-ffdd00.css.map", "other.css"} {
			Expect(pages.get("/static/" + wrong)).To(HaveHTTPStatus(http.StatusNotFound))
		}
		questions.contactPage.Branding.AccentColor = "red;}"
		Expect(pages.get(contactPagePath).Body.String()).NotTo(ContainSubstring("accent-"))
	})
})

var _ = Describe("A question's pages", func() {
	var questions *fakeQuestions
	var pages site

	BeforeEach(func() {
		questions = newFakeQuestions()
		pages = site{portal.New(newFakeLinks(), portal.Options{Questions: questions})}
	})

	It("show the question and confirm it by a button only", func() {
		page := pages.get("/q/" + questionToken)
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(And(ContainSubstring("¿Es esta tu pregunta?"), ContainSubstring("clara@customer.example"),
			ContainSubstring("Pita tres veces.\n&lt;b&gt;Nada más.&lt;/b&gt;"), ContainSubstring(`action="/q/`+questionToken+`"`)))
		pages.get("/q/" + questionToken + "/done")
		Expect(questions.confirmed).To(BeZero())

		posted := pages.post("/q/"+questionToken, nil)
		Expect(posted).To(And(HaveHTTPStatus(http.StatusSeeOther), HaveHTTPHeaderWithValue("Location", "/q/"+questionToken+"/done")))
		done := pages.get("/q/" + questionToken + "/done").Body.String()
		Expect(done).To(And(ContainSubstring("Hemos recibido tu pregunta"), ContainSubstring("K7M29QXD"), ContainSubstring(`href="/a/`+askerToken+`"`)))
	})

	DescribeTable("show the state of the question", func(state question.State, text string) {
		questions.asked.State = state
		page := pages.get("/a/" + askerToken + "?lang=en").Body.String()
		Expect(page).To(And(ContainSubstring("El quiosco"), ContainSubstring("K7M29QXD"), ContainSubstring(text), Not(ContainSubstring("Pita"))))
	},
		Entry(nil, question.Waiting, "Your address is not confirmed yet: open the link in our mail by Saturday, 21 November 2026, 17:30 (CET)"),
		Entry(nil, question.Received, "Confirmed on Friday, 20 November 2026, 17:30 (CET); we are sending it to the team"),
		Entry(nil, question.Failed, "the team&#39;s mailbox refused it, and we keep trying"),
		Entry(nil, question.Passed, "Sent to the team on Friday, 20 November 2026, 17:30 (CET)"),
	)

	DescribeTable("say the same state after the confirmation as in the list", func(state question.State) {
		questions.asked.State = state
		said := regexp.MustCompile(`<(?:dd|p) class="(?:said|state [A-Za-z]+)">([^<]+)<`)
		received := said.FindStringSubmatch(pages.get("/q/" + questionToken).Body.String())
		Expect(received).To(HaveLen(2))
		Expect(said.FindStringSubmatch(pages.get("/a/" + askerToken).Body.String())).To(HaveExactElements(Not(BeEmpty()), received[1]))
	},
		Entry(nil, question.Received), Entry(nil, question.Failed), Entry(nil, question.Passed),
	)

	It("offer to ask another question, unless nothing can be asked", func() {
		const again = `href="/w/acme/support?lang=en">Ask another question</a>`
		questions.asked.State = question.Received
		for _, path := range []string{contactPagePath + "/done", "/q/" + questionToken, "/a/" + askerToken} {
			Expect(pages.get(path+"?lang=en").Body.String()).To(ContainSubstring(again), path)
		}
		Expect(pages.get(contactPagePath + "?lang=en").Body.String()).NotTo(ContainSubstring("Ask another"))
		questions.contactPage.Closed = true
		Expect(pages.get("/a/" + askerToken + "?lang=en").Body.String()).NotTo(ContainSubstring("Ask another"))
	})

	It("fold a long text, so that the button stays in sight", func() {
		Expect(pages.get("/q/" + questionToken).Body.String()).NotTo(ContainSubstring("<details"))
		questions.asked.Text = strings.Repeat("Pita otra vez. ", 60)
		Expect(pages.get("/q/" + questionToken).Body.String()).To(MatchRegexp(
			`<summary><span class="preview">Pita otra vez. [^<]{60,80}…</span></summary>\n<blockquote>(Pita otra vez. ?){60}</blockquote>`))
	})

	It("answer 404 for unknown links and 410 for expired questions", func() {
		for _, path := range []string{"/q/nobody", "/a/nobody", "/q/nobody/done", "/w/acme/nothing", "/w/acme/nothing/done", "/q/" + strings.Repeat("a", 300)} {
			Expect(pages.get(path)).To(HaveHTTPStatus(http.StatusNotFound), path)
		}
		Expect(pages.post("/q/nobody", nil)).To(HaveHTTPStatus(http.StatusNotFound))
		questions.err = portal.ErrExpired
		for _, path := range []string{"/q/" + questionToken, "/a/" + askerToken} {
			page := pages.get(path)
			Expect(page).To(HaveHTTPStatus(http.StatusGone))
			Expect(page.Body.String()).To(ContainSubstring("This question is no longer available"))
		}
		Expect(pages.post("/q/"+questionToken, nil)).To(HaveHTTPStatus(http.StatusGone))
	})

	It("answer other methods with 405 and the allowed ones", func() {
		for path, allowed := range map[string]string{
			contactPagePath: "GET, HEAD, POST", "/q/" + questionToken: "GET, HEAD, POST", "/a/" + askerToken: "GET, HEAD", contactPagePath + "/done": "GET, HEAD",
		} {
			r := postRequest(path, nil)
			r.Method = http.MethodDelete
			Expect(pages.do(r)).To(And(HaveHTTPStatus(http.StatusMethodNotAllowed), HaveHTTPHeaderWithValue("Allow", allowed)))
		}
	})
})
