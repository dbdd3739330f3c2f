// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var _ = Describe("The portal in a browser", func() {
	It("changes nothing twice when a person goes back or reloads after a form", func(ctx SpecContext) {
		story := invite(ctx, "en")
		t := openTab(ctx, desktop)
		t.visit(story.link(ctx, "/i/"))
		t.follow("button[value=accept]")
		Expect(t.text("h1")).To(Equal("Check your mail"))
		do(t, chromedp.Reload())
		Expect(t.text("h1")).To(Equal("Check your mail"))
		Expect(posts(t)).To(HaveLen(1), "reloading does not send the form again")
		Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientRegistered))
		registered := read(ctx, story.inv)(Default).Status.Recipients[0].Registration

		By("going back to the form, which the browser has cached, and sending it again")
		eval[any](t, "history.back()")
		t.awaitHeading("Ana Pérez invites you to join Acme S.A.")
		eval[any](t, `displayName.value = "Somebody Else"`)
		t.clickAt("button[value=accept]")
		t.awaitHeading("Check your mail")
		Expect(posts(t)).To(HaveLen(2))
		Expect(read(ctx, story.inv)(Default).Status.Recipients[0].Registration).To(Equal(registered))

		t.visit(story.link(ctx, "/c/"))
		t.follow("main form button")
		do(t, chromedp.Reload())
		Expect(t.text("h1")).To(Equal("Welcome to Acme S.A."))
		eval[any](t, "history.back()")
		t.awaitHeading("Confirm your address")
		t.clickAt("main form button")
		t.awaitHeading("Welcome to Acme S.A.")
		Expect(posts(t)).To(HaveLen(4))
	})

	It("treats a double click on a button like a single click", func(ctx SpecContext) {
		story := invite(ctx, "en")
		t := openTab(ctx, desktop)
		t.visit(story.link(ctx, "/i/"))
		do(t, chromedp.DoubleClick(chromedp.CSS("button[value=accept]")))
		t.awaitHeading("Check your mail")
		Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientRegistered))

		t.visit(story.link(ctx, "/c/"))
		do(t, chromedp.DoubleClick(chromedp.CSS("main form button")))
		t.awaitHeading("Welcome to Acme S.A.")
		Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientActive))
		Expect(story.mails(Default, "/c/")).To(HaveLen(1))
	})

	It("works without JavaScript", func(ctx SpecContext) {
		story := invite(ctx, "es")
		t := openTab(ctx, desktop)
		t.withoutScripts()
		t.visit(story.link(ctx, "/i/"))
		t.fill("#phone", "no")
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusUnprocessableEntity))
		t.fill("#phone", "")
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Revisa tu correo"))
		t.visit(story.link(ctx, "/c/"))
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Te damos la bienvenida a Acme S.A."))
		Expect(eval[int](t, "document.scripts.length")).To(BeZero(), "the pages have no scripts")
	})

	It("works with the keyboard alone, and the focus is always visible", func(ctx SpecContext) {
		story := invite(ctx, "en")
		t := openTab(ctx, desktop)
		t.visit(story.link(ctx, "/i/"))
		var order []string
		for range 7 {
			t.press(kb.Tab)
			order = append(order, eval[string](t, `document.activeElement.id || document.activeElement.value || document.activeElement.lang ||
				document.activeElement.protocol`))
			Expect(eval[string](t, `getComputedStyle(document.activeElement).outlineStyle`)).To(Equal("solid"), order[len(order)-1])
			Expect(eval[bool](t, `parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2`)).To(BeTrue())
		}
		Expect(order).To(Equal([]string{"displayName", "phone", "language", "accept", "decline", "mailto:", "es"}), "in the order of the page")

		By("filling in the form and sending it with Enter")
		do(t, chromedp.Focus(chromedp.CSS("#displayName")))
		t.screenshot("en-focus")
		t.typeText("Luis")
		t.press(kb.Tab)
		t.typeText("12")
		Expect(t.navigate(enter)).To(Equal(http.StatusUnprocessableEntity))
		t.awaitFocus("errors")
		t.press(kb.Tab)
		Expect(eval[string](t, "document.activeElement.hash")).To(Equal("#phone"), "the list of errors comes first")
		do(t, enter)
		t.awaitFocus("phone")
		eval[any](t, "phone.select()")
		t.typeText("+34600000001")
		t.press(kb.Tab, kb.Tab)
		Expect(t.navigate(enter)).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Check your mail"))

		t.visit(story.link(ctx, "/c/"))
		t.press(kb.Tab)
		Expect(t.navigate(enter)).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Welcome to Acme S.A."))
	})

	It("selects a whole command on a click, and the command works as shown", func(ctx SpecContext) {
		story := invite(ctx, "en", func(i *v1alpha1.Invitation) { i.Spec.Role = v1alpha1.RoleOrganizationAdmin })
		t := openTab(ctx, desktop)
		t.visit(story.link(ctx, "/i/"))
		t.follow("button[value=accept]")
		t.visit(story.link(ctx, "/c/"))
		t.follow("main form button")
		commands := eval[[]string](t, `[...document.querySelectorAll("pre code")].map(e => e.innerText)`)
		Expect(commands).To(Equal([]string{
			"kubectl auth whoami", "kubectl get orgusers,invitations,workspaces -n " + story.org, "kubectl get all -n " + story.org + "-support",
		}))
		for i, command := range commands {
			t.click(fmt.Sprintf("pre:nth-of-type(%d)", i+1))
			selected := eval[string](t, "getSelection().toString().trim()")
			Expect(selected).To(Equal(command))
			Eventually(ctx, func() error {
				_, _, err := env.KubectlAs(ctx, story.luis, strings.Fields(selected)[1:]...)
				return err
			}).Should(Succeed())
		}
	})

	It("shows a page in another language, which the form keeps", func(ctx SpecContext) {
		story := invite(ctx, "es")
		t := openTab(ctx, phone)
		t.visit(story.link(ctx, "/i/"))
		t.follow("a[hreflang=en]")
		Expect(t.text("h1")).To(Equal("Ana Pérez invites you to join Acme S.A."))
		Expect(eval[string](t, "language.value")).To(Equal("en"))
		t.follow("button[value=accept]")
		Expect(t.text("h1")).To(Equal("Check your mail"))
		Expect(t.attribute("html", "lang")).To(Equal("en"))
		message, _ := story.mail(ctx, "/c/", 1)
		Expect(message.Subject).To(HavePrefix("Confirm your email address"), "the following mails are in this language as well")
	})
})

// posts returns the forms that the tab has sent.
func posts(t *tab) []string {
	var sent []string
	for _, r := range t.sent() {
		if r.Method == http.MethodPost && r.Type == network.ResourceTypeDocument {
			sent = append(sent, strings.TrimPrefix(r.URL, usher.PortalURL))
		}
	}
	return sent
}
