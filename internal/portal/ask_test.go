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

	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

var _ = Describe("A workspace's page", func() {
	var questions *fakeQuestions
	var pages site

	BeforeEach(func() {
		questions = newFakeQuestions()
		pages = site{portal.New(newFakeLinks(), portal.Options{URL: "https://portal.acme.example", Questions: questions})}
	})

	It("shows whose it is, when somebody is at hand, and the form (GTA-7, GTA-8)", func() {
		page := pages.get(counterPath)
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
		Expect(pages.get(counterPath + "?lang=en").Body.String()).To(SatisfyAll(
			ContainSubstring(`<html lang="en" dir="ltr">`), ContainSubstring(`action="/w/acme/support?lang=en"`)))
	})

	DescribeTable("says until when a question waits while nobody is at hand (GTA-8)", func(days int, at, says string) {
		questions.counter.Now = questions.counter.Now.AddDate(0, 0, days)
		if at != "" {
			questions.counter.Hours[0].Closes = at
		}
		Expect(pages.get(counterPath + "?lang=en").Body.String()).To(ContainSubstring("Nobody is available right now. Your question will wait in the queue until " + says))
	},
		Entry("over the weekend", 0, "17:30", "Monday at 09:00."),
		Entry("until tomorrow", 2, "", "09:00 tomorrow."),
		Entry("on a Saturday", 1, "", "Monday at 09:00."),
	)

	It("says nothing about hours where there are none", func() {
		questions.counter.Hours = nil
		Expect(pages.get(counterPath).Body.String()).NotTo(Or(ContainSubstring("presence"), ContainSubstring("CET")))
	})

	It("takes a question and asks to look at the mail; a reload sends nothing again", func() {
		posted := pages.post(counterPath, asking())
		Expect(posted).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(posted).To(HaveHTTPHeaderWithValue("Location", "/w/acme/support/done"))
		Expect(questions.asks).To(ConsistOf(portal.Ask{
			Form: "8a7b1f1c-0000-4000-8000-000000000001", Name: "Clara Ruiz", Address: "clara@customer.example", Subject: "El quiosco",
			Text: "Pita tres veces.\nNada más.", Language: "es",
		}))
		page := pages.get("/w/acme/support/done")
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(And(ContainSubstring("Revisa tu correo"), ContainSubstring("Soporte Acme")))
		Expect(pages.post(counterPath+"?lang=en", asking())).To(HaveHTTPHeaderWithValue("Location", "/w/acme/support/done?lang=en"))
		Expect(questions.asks[1].Language).To(Equal("en"))
		Expect(questions.asks).To(HaveLen(2))
	})

	DescribeTable("points out what is wrong in the form, and keeps what was typed", func(says string, pairs ...string) {
		page := pages.post(counterPath+"?lang=en", asking(pairs...))
		Expect(page).To(HaveHTTPStatus(http.StatusUnprocessableEntity))
		Expect(page.Body.String()).To(And(ContainSubstring(`<a href="#`+pairs[0]+`">`+says), ContainSubstring(`id="`+pairs[0]+`-error"`),
			ContainSubstring("<title>Error: Soporte Acme"), ContainSubstring("8a7b1f1c-0000-4000-8000-000000000001")))
		if pairs[0] != "text" {
			Expect(page.Body.String()).To(ContainSubstring("Pita tres veces.\nNada más.</textarea>"))
		}
		Expect(questions.asks).To(BeEmpty())
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

	It("takes names of scripts that need joiners, and drops what would reorder the text around", func() {
		Expect(pages.post(counterPath, asking("name", "\u202eعلی\u200cرضا"))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(questions.asks).To(ConsistOf(HaveField("Name", "علی\u200cرضا")))
	})

	It("takes the longest question that there can be, and turns larger forms away", func() {
		text := strings.Repeat("ñ", 7000)
		Expect(pages.post(counterPath, asking("text", text))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(pages.post(counterPath, asking("text", strings.Repeat("a", 8000)))).To(HaveHTTPStatus(http.StatusSeeOther))
		page := pages.post(counterPath, asking("text", strings.Repeat("a", 200<<10)))
		Expect(page).To(HaveHTTPStatus(http.StatusRequestEntityTooLarge))
		Expect(page.Body.String()).To(ContainSubstring("A question can have at most 8,000 characters."))
		Expect(pages.post("/i/"+inviteToken, accepting("displayName", strings.Repeat("a", 20<<10)))).
			To(HaveHTTPStatus(http.StatusRequestEntityTooLarge), "the other forms stay small")
		Expect(questions.asks).To(HaveLen(2))
	})

	DescribeTable("tells which limit is reached and what to do", func(limit question.Limit, heading, hint string) {
		questions.err = &store.LimitError{Limit: limit}
		page := pages.post(counterPath+"?lang=en", asking())
		Expect(page).To(And(HaveHTTPStatus(http.StatusTooManyRequests), HaveHTTPHeaderWithValue("Retry-After", "3600")))
		Expect(page.Body.String()).To(And(ContainSubstring("<h1>"+heading+"</h1>"), ContainSubstring(hint), ContainSubstring("This question was not sent.")))
	},
		Entry(nil, question.LimitAddress, "Your questions are still waiting", "Open the links in our mails to confirm them"),
		Entry(nil, question.LimitDay, "Daily limit reached", "You can ask again tomorrow"),
		Entry(nil, question.LimitWorkspace, "The queue is full", "Try again in a few hours"),
	)

	It("lets a network ask so often an hour, and other networks as well", func() {
		proxies := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		pages = site{portal.New(newFakeLinks(), portal.Options{
			Questions: questions, QuestionsPerHour: 2, TrustedProxies: proxies, RequestsPerSecond: -1,
		})}
		from := func(address string, form url.Values) int {
			r := postRequest(counterPath, form)
			r.Header.Set("X-Forwarded-For", address)
			return pages.do(r).Code
		}
		Expect(from("198.51.100.1", asking("subject", ""))).To(Equal(http.StatusUnprocessableEntity), "mistakes do not count")
		Expect(from("198.51.100.1", asking())).To(Equal(http.StatusSeeOther))
		Expect(from("198.51.100.200", asking())).To(Equal(http.StatusSeeOther))
		Expect(from("198.51.100.77", asking())).To(Equal(http.StatusTooManyRequests))
		Expect(from("198.51.101.1", asking())).To(Equal(http.StatusSeeOther))
		Expect(from("2001:db8::1", asking())).To(Equal(http.StatusSeeOther))
		Expect(from("2001:db8::2", asking())).To(Equal(http.StatusSeeOther))
		Expect(from("2001:db8::3", asking())).To(Equal(http.StatusTooManyRequests))
		Expect(from("2001:db8:0:1::3", asking())).To(Equal(http.StatusSeeOther))
		r := postRequest(counterPath, asking())
		r.Header.Set("X-Forwarded-For", "198.51.100.9")
		Expect(pages.do(r).Body.String()).To(ContainSubstring("Demasiadas preguntas desde tu red"))
	})

	It("refuses forms from other sites, in words that fit", func() {
		foreign := postRequest(counterPath, asking())
		foreign.Header.Set("Sec-Fetch-Site", "cross-site")
		page := pages.do(foreign)
		Expect(page).To(HaveHTTPStatus(http.StatusForbidden))
		Expect(page.Body.String()).To(ContainSubstring("Open the page again and use its form."))
		Expect(questions.asks).To(BeEmpty())
	})

	It("says that it is our fault when it is", func() {
		questions.err = errors.New("etcd is away")
		Expect(pages.post(counterPath, asking())).To(HaveHTTPStatus(http.StatusServiceUnavailable))
	})

	It("wears the workspace's color, by a style sheet that can be read well", func() {
		questions.counter.AccentColor = "#FFDD00"
		address := regexp.MustCompile(`href="(/static/accent-[^"]+)"`).FindStringSubmatch(pages.get(counterPath).Body.String())
		Expect(address).To(HaveLen(2))
		sheet := pages.get(address[1])
		Expect(sheet).To(And(HaveHTTPStatus(http.StatusOK), HaveHTTPHeaderWithValue("Content-Type", "text/css; charset=utf-8"),
			HaveHTTPHeaderWithValue("Cache-Control", ContainSubstring("immutable"))))
		Expect(sheet.Body.String()).To(ContainSubstring("--accent:#"))
		for _, wrong := range []string{"accent-.css", "accent-ffdd0.css", "accent-FFDD00.css", "accent-ffdd00.css.map", "other.css"} {
			Expect(pages.get("/static/" + wrong)).To(HaveHTTPStatus(http.StatusNotFound))
		}
		questions.counter.AccentColor = "red;}"
		Expect(pages.get(counterPath).Body.String()).NotTo(ContainSubstring("accent-"))
	})
})

var _ = Describe("A question's pages", func() {
	var questions *fakeQuestions
	var pages site

	BeforeEach(func() {
		questions = newFakeQuestions()
		pages = site{portal.New(newFakeLinks(), portal.Options{Questions: questions})}
	})

	It("show what was asked and confirm it by a button, never by looking", func() {
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

	DescribeTable("tell where it stands", func(state question.State, says string) {
		questions.asked.State = state
		page := pages.get("/a/" + askerToken + "?lang=en").Body.String()
		Expect(page).To(And(ContainSubstring("El quiosco"), ContainSubstring("K7M29QXD"), ContainSubstring(says), Not(ContainSubstring("Pita"))))
	},
		Entry(nil, question.Waiting, "Waiting for your confirmation: open the link in our mail by Saturday, 21 November 2026, 17:30 (CET)"),
		Entry(nil, question.Received, "Received on Friday, 20 November 2026, 17:30 (CET), not yet passed on"),
		Entry(nil, question.Failed, "not yet passed on: the team&#39;s mailbox is not accepting it"),
		Entry(nil, question.Passed, "Passed on to the team on Friday, 20 November 2026, 17:30 (CET)"),
	)

	It("say so politely when there is nothing", func() {
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

	It("answer other methods with what there is", func() {
		for path, allowed := range map[string]string{
			counterPath: "GET, HEAD, POST", "/q/" + questionToken: "GET, HEAD, POST", "/a/" + askerToken: "GET, HEAD", counterPath + "/done": "GET, HEAD",
		} {
			r := postRequest(path, nil)
			r.Method = http.MethodDelete
			Expect(pages.do(r)).To(And(HaveHTTPStatus(http.StatusMethodNotAllowed), HaveHTTPHeaderWithValue("Allow", allowed)))
		}
	})
})
