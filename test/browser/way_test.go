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

// said is what the pages say in a language.
type said struct{ language, invite, errors, checkMail, confirm, welcome string }

var (
	spanish = said{
		"es", "Ana Pérez te invita a unirte a Acme S.A.", "Revisa los datos", "Revisa tu correo",
		"Confirma tu dirección", "Te damos la bienvenida a Acme S.A.",
	}
	english = said{
		"en", "Ana Pérez invites you to join Acme S.A.", "Please check what you entered", "Check your mail",
		"Confirm your address", "Welcome to Acme S.A.",
	}
)

var _ = DescribeTable("The whole way from the mail to the welcome (NOV-9, NOV-10, NOV-11, NOV-12)",
	func(ctx SpecContext, words said, s screen) {
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

		By("making mistakes in the form")
		t.fill("#displayName", " ")
		t.fill("#phone", "600 000 001")
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusUnprocessableEntity))
		page("2-mistakes", words.invite)
		Expect(t.title()).To(HavePrefix("Error: "))
		Expect(t.text("#errors h2")).To(Equal(words.errors))
		t.focuses("errors") // what is wrong is read out first
		t.click("#errors a[href='#phone']")
		t.focuses("phone")
		Expect(t.attribute("#phone", "aria-invalid")).To(Equal("true"))
		Expect(described(t, "phone")).To(ContainSubstring(t.text("#phone-error")))
		Expect(eval[string](t, "phone.value")).To(Equal("600 000 001"), "nothing has to be typed twice")

		By("mending them")
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
	Entry("in Spanish at a desk", spanish, desktop),
	Entry("in Spanish on a phone", spanish, phone),
	Entry("in English at a desk", english, desktop),
	Entry("in English on a phone", english, phone),
	Entry("in English in the dark", english, dark),
)

var _ = It("The way is open where the browser tells less: to a portal without TLS that is not on the same machine", func(ctx SpecContext) {
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

var _ = It("NOV-10 The form shows a name that the organization has declared, and takes no other one", func(ctx SpecContext) {
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

// described is the text that belongs to a field, as it is read out with it.
func described(t *tab, id string) string {
	GinkgoHelper()
	return eval[string](t, `document.getElementById("`+id+`").getAttribute("aria-describedby").split(" ").
		map(id => document.getElementById(id).innerText).join(" ")`)
}
