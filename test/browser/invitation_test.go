// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// invitationTexts are the texts of the pages in a language.
type invitationTexts struct{ language, invite, errors, checkMail, confirm, welcome string }

var (
	spanish = invitationTexts{
		"es", "Ana Pérez te invita a unirte a Acme S.A.", "Revisa los datos", "Revisa tu correo",
		"Confirma tu dirección", "Te damos la bienvenida a Acme S.A.",
	}
	english = invitationTexts{
		"en", "Ana Pérez invites you to join Acme S.A.", "Please check what you entered", "Check your mail",
		"Confirm your address", "Welcome to Acme S.A.",
	}
)

var _ = DescribeTable("NOV-9 NOV-10 NOV-11 NOV-12 An invited person gets from the mail to the welcome page",
	func(ctx SpecContext, words invitationTexts, s screen) {
		story := invite(ctx, words.language)
		t := openTab(ctx, s)
		page := func(name, heading string) {
			GinkgoHelper()
			Expect(t.text("h1")).To(Equal(heading))
			Expect(t.attribute("html", "lang")).To(Equal(words.language))
			t.examine(words.language + "-" + name)
		}

		Expect(t.visit(story.link(ctx, "/i/"))).To(Equal(http.StatusOK))
		page("1-invitation", words.invite)

		By("filling in the form with errors")
		t.fill("#displayName", " ")
		t.unfold("form .fold")
		t.fill("#phone", "600 000 001")
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusUnprocessableEntity))
		page("2-mistakes", words.invite)
		Expect(t.title()).To(HavePrefix("Error: "))
		Expect(t.text("#errors h2")).To(Equal(words.errors))
		t.awaitFocus("errors") // screen readers read the errors first
		t.click("#errors a[href='#phone']")
		t.awaitFocus("phone")
		Expect(t.attribute("#phone", "aria-invalid")).To(Equal("true"))
		Expect(described(t, "phone")).To(ContainSubstring(t.text("#phone-error")))
		Expect(eval[string](t, "phone.value")).To(Equal("600 000 001"), "the form keeps what was typed")

		By("correcting the errors")
		t.fill("#displayName", "Luis Gil")
		t.fill("#phone", "+34 600 000 001")
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusOK))
		page("3-check-mail", words.checkMail)
		Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientRegistered))

		Expect(t.visit(story.link(ctx, "/c/"))).To(Equal(http.StatusOK))
		page("4-confirm", words.confirm)
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		page("5-welcome", words.welcome)
		Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientActive))
		Expect(t.text("main")).To(And(ContainSubstring("Support North"), ContainSubstring(story.luis)))
	},
	Entry("in Spanish on a desktop", spanish, desktop),
	Entry("in Spanish on a phone", spanish, phone),
	Entry("in English on a desktop", english, desktop),
	Entry("in English on a phone", english, phone),
	Entry("in English in dark mode", english, dark),
)

var _ = It("A remote portal without TLS works, although the browser sends it fewer headers", func(ctx SpecContext) {
	story := invite(ctx, "en")
	t := openTab(ctx, desktop)
	remote := func(link string) string { return strings.Replace(link, "127.0.0.1", remoteName, 1) }

	Expect(t.visit(remote(story.link(ctx, "/i/")))).To(Equal(http.StatusOK))
	Expect(t.follow("button[value=accept]")).To(Equal(http.StatusOK))
	Expect(t.text("h1")).To(Equal(english.checkMail))
	Expect(t.visit(remote(story.link(ctx, "/c/")))).To(Equal(http.StatusOK))
	Expect(t.follow("main form button")).To(Equal(http.StatusOK))
	Expect(t.text("h1")).To(Equal(english.welcome))
})

var _ = It("NOV-10 The form shows a name that the organization entered, and does not let the person change it", func(ctx SpecContext) {
	story := invite(ctx, "en", func(i *v1alpha1.Invitation) { i.Spec.Emails = []string{"Luis Gil Pérez <" + i.Spec.Emails[0] + ">"} })
	t := openTab(ctx, phone)
	Expect(t.visit(story.link(ctx, "/i/"))).To(Equal(http.StatusOK))
	Expect(eval[string](t, "displayName.value")).To(Equal("Luis Gil Pérez"))
	Expect(eval[bool](t, "displayName.readOnly")).To(BeTrue())
	Expect(described(t, "displayName")).To(ContainSubstring("Entered by the organization"))
	t.examine("en-1-invitation-declared-name")
	Expect(t.follow("button[value=accept]")).To(Equal(http.StatusOK))
	Expect(t.text("h1")).To(Equal(english.checkMail))
})

// described returns the text that describes a field, which screen readers read with it.
func described(t *tab, id string) string {
	GinkgoHelper()
	return eval[string](t, `document.getElementById("`+id+`").getAttribute("aria-describedby").split(" ").
		map(id => document.getElementById(id).innerText).join(" ")`)
}
