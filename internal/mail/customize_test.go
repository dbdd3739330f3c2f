// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
)

// customized renders the invitation with files in place of the templates that ship.
func customized(language string, files map[string]string) mail.Rendered {
	GinkgoHelper()
	templates, err := mail.Customize(files)
	Expect(err).NotTo(HaveOccurred())
	rendered, err := templates.Render(content(mail.Invitation, language))
	Expect(err).NotTo(HaveOccurred())
	return rendered
}

const (
	ownHTML = `<p>{{.Title}}</p><a href="{{.URL}}">{{.Button}}</a><img alt="" src="data:image/png;base64,AA=="><a href="mailto:it@acme.example">IT</a>`
	ownText = "{{.Title}}\n{{.URL}}\n"
)

var _ = Describe("Customize", func() {
	It("returns the templates that ship when there are no files", func() {
		Expect(customized("es", nil)).To(Equal(render(content(mail.Invitation, "es"))))
	})

	It("replaces phrases of a language and keeps the others", func() {
		files := map[string]string{"es.json": `{"Invitation.button": "Entrar en {organization}", "role.Member": "Colega"}`}
		r := customized("es", files)
		Expect(r.Text).To(SatisfyAll(ContainSubstring("Entrar en Acme S.A.:\n"), ContainSubstring("Rol: Colega"), ContainSubstring("te invita")))
		Expect(r.Subject).To(Equal("Invitación del usuario Ana Pérez"))
		Expect(customized("en", files)).To(Equal(render(content(mail.Invitation, "en"))))
		Expect(render(content(mail.Invitation, "es")).Text).To(ContainSubstring("Aceptar invitación"), "what ships stays as it is")
	})

	It("adds a language, which falls back to English", func() {
		r := customized("fr-CA", map[string]string{"fr.json": `{"Invitation.subject": "Invitation de {who}", "details.role": "Rôle"}`})
		Expect(r.Language).To(Equal("fr"))
		Expect(r.Subject).To(Equal("Invitation de Ana Pérez"))
		Expect(r.Text).To(SatisfyAll(ContainSubstring("Rôle: Member"), ContainSubstring("invites you to join")))
	})

	It("adds a variety of a language, which falls back to that language", func() {
		r := customized("es-AR", map[string]string{
			"es-AR.json": `{"Invitation.button": "Sumate"}`, "es.json": `{"details.role": "Función"}`,
		})
		Expect(r.Language).To(Equal("es-AR"))
		Expect(r.Text).To(SatisfyAll(ContainSubstring("Sumate:"), ContainSubstring("Función: Miembro")))
	})

	It("writes a language that runs from right to left", func() {
		r := customized("he", map[string]string{"he.json": `{"language.direction": "rtl", "Invitation.title": "{organization} ברוכים הבאים"}`})
		Expect(r.HTML).To(ContainSubstring(`<html lang="he" dir="rtl">`))
		Expect(r.Text).To(ContainSubstring("\u2068Acme S.A.\u2069"))
	})

	It("accepts other layouts", func() {
		r := customized("en", map[string]string{mail.HTMLFile: ownHTML, mail.TextFile: ownText})
		Expect(r.Text).To(Equal("Join Acme S.A.\n" + link + "\n"))
		Expect(r.HTML).To(HavePrefix("<p>Join Acme S.A.</p>"))
	})

	DescribeTable("refuses files that make an unfit mail, and says what is wrong and where", func(name, file string, says ...string) {
		_, err := mail.Customize(map[string]string{name: file})
		for _, what := range append(says, name) {
			Expect(err).To(MatchError(ContainSubstring(what)))
		}
	},
		Entry("a file of another name", "readme.txt", "", "is not used"),
		Entry("a name that is not a language", "english!.json", "{}", "BCP 47"),
		Entry("another spelling of a language", "EN.json", "{}", "BCP 47"),
		Entry("invalid JSON", "es.json", "{\n\"greeting\": \"Hola\"\n\"footer\": \"\"}", "line 3"),
		Entry("a number", "es.json", "{\n\n\"greeting\": 1}", "line 3", "number"),
		Entry("a list", "es.json", `["greeting"]`, "line 1", "a single JSON object"),
		Entry("an unknown phrase", "es.json", `{"Invitation.sbject": "x"}`, `"Invitation.sbject" is unknown`),
		Entry("an unknown value", "es.json", `{"footer": "De {company}"}`, `"footer"`, "{company}", "organization"),
		Entry("a value that is not always there", "es.json", `{"footer": "De {inviter}"}`, "{inviter}"),
		Entry("a mail's value in a date", "es.json", `{"date": "{organization} {day}"}`, "{organization}"),
		Entry("a stray brace", "es.json", `{"footer": "De {{organization}}"}`, "brace"),
		Entry("an empty phrase", "es.json", `{"footer": ""}`, "empty"),
		Entry("null for a phrase", "es.json", `{"footer": null}`, "empty"),
		Entry("a line break in a phrase", "es.json", `{"Invitation.subject": "x\nBcc: y@evil.example"}`, "line breaks"),
		Entry("a bidi override in a phrase", "es.json", `{"footer": "x\u202ey"}`, "invisible characters"),
		Entry("a long phrase", "es.json", `{"footer": "`+strings.Repeat("x", 2001)+`"}`, "2001 bytes"),
		Entry("eleven months", "es.json", `{"months": "a,b,c,d,e,f,g,h,i,j,k"}`, "12 words"),
		Entry("an invalid direction", "es.json", `{"language.direction": "up"}`, "ltr or rtl"),
		Entry("a template with an open action", mail.TextFile, "x\n{{if .URL}", ":2:", "bad character"),
		Entry("an unknown field", mail.TextFile, ownText+"{{.Org}}", ":3:", "Org"),
		Entry("an unknown function", mail.HTMLFile, ownHTML+"{{shout .Title}}", "shout"),
		Entry("an unknown field within a list", mail.HTMLFile, ownHTML+"{{range .Details}}{{.Name}}{{end}}", "Name"),
		Entry("HTML that breaks off", mail.HTMLFile, ownHTML+`<a title="`, "ends in a non-text context"),
		Entry("text without the link", mail.TextFile, "{{.Title}}", "{{.URL}} is missing"),
		Entry("text with the link in another word", mail.TextFile, "<{{.URL}}>", "{{.URL}} is missing"),
		Entry("text with the link only sometimes", mail.TextFile, "{{if .Message}}{{.URL}}{{end}}\nx", "with the least"),
		Entry("HTML without the link", mail.HTMLFile, "<p>{{.URL}}</p>", "no link leads to {{.URL}}"),
		Entry("an endless template", mail.HTMLFile, ownHTML+`{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`, "x"),
		Entry("a mail that clients would cut", mail.TextFile, ownText+`{{range 2000}}{{printf "%99s" "x"}}{{end}}`, "100 KiB"),
		Entry("a picture from elsewhere", mail.HTMLFile, ownHTML+`<img src="https://cdn.example/x.png">`, "<img src>"),
		Entry("a picture from the portal", mail.HTMLFile, ownHTML+`<img src="{{.URL}}">`, "<img src>"),
		Entry("a background from elsewhere", mail.HTMLFile, ownHTML+`<td background="//cdn.example/x.png">`, "<td background>"),
		Entry("a style from elsewhere", mail.HTMLFile, ownHTML+`<p style="background:URL(//cdn.example/x)">`, "url("),
		Entry("a style sheet from elsewhere", mail.HTMLFile, `<style>@import "https://cdn.example/x.css";</style>`+ownHTML, "@import"),
		Entry("an escaped style", mail.HTMLFile, ownHTML+`<p style="background:\75rl(//cdn.example/x)">`, `\`),
		Entry("a linked style sheet", mail.HTMLFile, `<link rel="stylesheet" href="https://cdn.example/x.css">`+ownHTML, "<link>"),
		Entry("a script", mail.HTMLFile, ownHTML+`<script>alert(1)</script>`, "<script>"),
		Entry("a script in an attribute", mail.HTMLFile, ownHTML+`<p onclick="alert(1)">`, "<p onclick>"),
		Entry("a form", mail.HTMLFile, ownHTML+`<form action="https://evil.example">`, "<form>"),
		Entry("a redirect", mail.HTMLFile, `<meta http-equiv="refresh" content="0;url=https://evil.example">`+ownHTML, "http-equiv"),
		Entry("a link to another site", mail.HTMLFile, ownHTML+`<a href="https://elsewhere.example">x</a>`, "<a href>"),
		Entry("a link made from a value", mail.HTMLFile, ownHTML+`<a href="{{.Organization}}">x</a>`, "<a href>"),
	)

	It("lists everything that is wrong at once, and bounds the size of the files", func() {
		_, err := mail.Customize(map[string]string{"es.json": `{"x": "y", "footer": "{z}"}`, mail.TextFile: "{{"})
		Expect(err).To(MatchError(SatisfyAll(ContainSubstring(`"x"`), ContainSubstring("{z}"), ContainSubstring(mail.TextFile))))
		_, err = mail.Customize(map[string]string{mail.TextFile: ownText + "{{/*" + strings.Repeat("x", 300<<10) + "*/}}"})
		Expect(err).To(MatchError(ContainSubstring("at most 256 KiB")))
	})

	It("gives up on a template that fails for several mails, because an endless one takes long", func() {
		_, err := mail.Customize(map[string]string{mail.TextFile: ownText + "{{len .Title | index .Details}}"}) // other words for each mail
		Expect(err).To(HaveOccurred())
		Expect(strings.Count(err.Error(), "(found in the mail ")).To(Equal(3))
	})

	It("keeps the link out of the error of a template that fails only with a real mail", func() {
		templates, err := mail.Customize(map[string]string{
			mail.TextFile: ownText + `{{if eq .Title "Join Fail"}}{{index .Message .URL}}{{end}}`,
		})
		Expect(err).NotTo(HaveOccurred())
		c := content(mail.Invitation, "en")
		c.Organization = "Fail"
		_, err = templates.Render(c)
		Expect(err).To(MatchError(ContainSubstring(mail.TextFile)))
		Expect(err.Error()).NotTo(ContainSubstring("AbCdEf"))
	})

	It("can change the templates in force while mails are rendered", func() {
		templates, err := mail.Customize(map[string]string{mail.TextFile: ownText})
		Expect(err).NotTo(HaveOccurred())
		var inForce mail.InForce
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				defer GinkgoRecover()
				for range 20 {
					_, err := inForce.Render(content(mail.Welcome, "es"))
					Expect(err).NotTo(HaveOccurred())
				}
			})
		}
		inForce.Use(templates)
		writers.Wait()
		Expect(inForce.Render(content(mail.Invitation, "en"))).To(HaveField("Text", HavePrefix("Join Acme S.A.")))
		inForce.Use(mail.Shipped())
		Expect(inForce.Render(content(mail.Invitation, "en"))).To(Equal(render(content(mail.Invitation, "en"))))
		var none *mail.InForce
		Expect(none.Render(content(mail.Invitation, "en"))).To(Equal(render(content(mail.Invitation, "en"))))
	})
})
