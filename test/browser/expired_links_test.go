// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
)

var _ = Describe("Links that are no longer valid", func() {
	for _, language := range []string{"es", "en"} {
		notice := map[string]map[string]string{
			"es": {
				"declined": "Has rechazado la invitación", "used": "Este enlace ya se ha utilizado", "revoked": "Esta invitación ya no es válida",
				"unknown": "Esta página no existe", "unreached": "No te ha llegado nuestro correo",
			},
			"en": {
				"declined": "You declined the invitation", "used": "This link has already been used", "revoked": "This invitation is no longer valid",
				"unknown": "This page does not exist", "unreached": "Our mail did not reach you",
			},
		}[language]

		It("say so and what to do next, in "+language, func(ctx SpecContext) {
			t := openTab(ctx, desktop)
			t.speak(language)
			page := func(name string) {
				GinkgoHelper()
				Expect(t.text("h1")).To(Equal(notice[name]))
				Expect(t.text(".next p")).NotTo(BeEmpty())
				forms := 0
				if name == "declined" {
					forms = 1 // takes the decline back
				}
				Expect(eval[int](t, "document.forms.length")).To(Equal(forms))
				for _, s := range []screen{desktop, phone} {
					t.show(s)
					t.examine(language + "-" + name)
				}
				t.show(desktop)
			}

			By("declining")
			story := invite(ctx, language)
			link := story.link(ctx, "/i/")
			t.visit(link)
			t.follow("button[value=decline]")
			page("declined")
			Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientDeclined))
			Expect(t.visit(link)).To(Equal(http.StatusOK))
			Expect(t.text("h1")).To(Equal(notice["declined"]))
			Expect(t.follow("button[value=reconsider]")).To(Equal(http.StatusOK))
			Expect(eval[int](t, "document.querySelectorAll('button[value=accept]').length")).To(Equal(1))

			By("using a link twice")
			story = invite(ctx, language)
			link = story.link(ctx, "/i/")
			t.visit(link)
			t.follow("button[value=accept]")
			confirm := story.link(ctx, "/c/")
			t.visit(confirm)
			t.follow("main form button")
			Expect(t.visit(confirm)).To(Equal(http.StatusOK))
			page("used")
			Expect(t.follow("main a.button")).To(Equal(http.StatusOK))
			Expect(t.text("main")).To(ContainSubstring("kubectl auth whoami"))

			By("refusing the second mail")
			story = invite(ctx, language)
			link = story.link(ctx, "/i/")
			refused := story.luis
			box.SetFault(func(to string) error {
				if to != refused {
					return nil
				}
				return &smtp.SMTPError{Code: 550, Message: "no such user"}
			})
			DeferCleanup(func() { box.SetFault(nil) })
			t.visit(link)
			t.follow("button[value=accept]")
			Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientUndeliverable))
			Expect(t.visit(link)).To(Equal(http.StatusGone))
			page("unreached")

			By("removing the address from the invitation")
			story = invite(ctx, language)
			link = story.link(ctx, "/i/")
			edit(ctx, story.inv, func(i *v1alpha1.Invitation) { i.Spec.Emails = []string{"nora@" + story.org + ".example"} })
			Eventually(ctx, story.state(ctx)).Should(Equal(v1alpha1.RecipientRevoked))
			Expect(t.visit(link)).To(Equal(http.StatusGone))
			page("revoked")

			By("truncating a link, and altering another one")
			Expect(t.visit(link[:len(link)-9])).To(Equal(http.StatusNotFound))
			page("unknown")
			Expect(t.visit(link + "A")).To(Equal(http.StatusNotFound))
			Expect(t.visit(usher.PortalURL)).To(Equal(http.StatusOK))
			t.examine(language + "-home")
		})
	}

	It("WXP-7 are replaced by a new one when the invitation is resent", func(ctx SpecContext) {
		story := invite(ctx, "en")
		t := openTab(ctx, phone)
		old := story.link(ctx, "/i/")
		edit(ctx, story.inv, func(i *v1alpha1.Invitation) { i.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} })
		_, link := story.mail(ctx, "/i/", 2)
		Expect(t.visit(old)).To(Equal(http.StatusGone))
		Expect(t.text(".next")).To(ContainSubstring("Look for the latest mail from"))
		Expect(t.visit(link)).To(Equal(http.StatusOK))
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Check your mail"))
	})
})

var _ = Describe("Another replica", Ordered, func() {
	var other *operator.Operator
	var ahead atomic.Int64

	BeforeAll(func(ctx SpecContext) {
		other = startReplica(ctx, func(o *setup.Options) {
			o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
	})

	at := func(link string) string { return other.PortalURL + link[len(usher.PortalURL):] }

	It("can take over between any two steps, because replicas keep no sessions", func(ctx SpecContext) {
		story := invite(ctx, "en")
		t := openTab(ctx, desktop)
		link := story.link(ctx, "/i/")
		Eventually(ctx, func() int { return t.visit(at(link)) }).Should(Equal(http.StatusOK))
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusOK))
		Expect(t.visit(link)).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Check your mail"))
		confirm := story.link(ctx, "/c/")
		t.visit(confirm)
		Expect(t.visit(at(confirm))).To(Equal(http.StatusOK))
		Expect(t.follow("main form button")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Welcome to Acme S.A."))
		Expect(t.visit(link + "/done")).To(Equal(http.StatusOK))
		Expect(t.text("h1")).To(Equal("Welcome to Acme S.A."))
	})

	DescribeTable("says that a link has expired and accepts no form with it", func(ctx SpecContext, language, heading string) {
		story := invite(ctx, language)
		t := openTab(ctx, desktop)
		link := at(story.link(ctx, "/i/"))
		Eventually(ctx, func() int { return t.visit(link) }).Should(Equal(http.StatusOK))

		ahead.Store(int64(8 * 24 * time.Hour))
		DeferCleanup(ahead.Store, int64(0))
		Expect(t.follow("button[value=accept]")).To(Equal(http.StatusGone), "the form was open when the link expired")
		Expect(t.text("h1")).To(Equal(heading))
		Expect(t.visit(link)).To(Equal(http.StatusGone))
		for _, s := range []screen{desktop, phone} {
			t.show(s)
			t.examine(language + "-expired")
		}
		Expect(story.state(ctx)(Default)).To(Equal(v1alpha1.RecipientInvited))
	},
		Entry(nil, "es", "Este enlace ha caducado"),
		Entry(nil, "en", "This link has expired"),
	)
})
