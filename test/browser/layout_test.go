// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var _ = Describe("The layout of the pages", func() {
	It("fits the screen when the screen is narrow or everything is twice as large", func(ctx SpecContext) {
		story := invite(ctx, "es")
		t := openTab(ctx, narrow)
		t.visit(story.link(ctx, "/i/"))
		t.examine("es-1-invitation")
		zoomed := screen{name: "zoomed", width: 640, height: 400, density: 2}
		t.show(zoomed)
		t.examine("es-1-invitation")
		By("enlarging only the text")
		eval[any](t, `document.documentElement.style.fontSize = "200%"`)
		t.fits("with large text")

		t.show(narrow)
		t.follow("button[value=accept]")
		t.fits("check mail")
		t.visit(story.link(ctx, "/c/"))
		t.fits("confirm")
		t.follow("main form button")
		t.examine("es-5-welcome")
		t.show(zoomed)
		eval[any](t, `document.documentElement.style.fontSize = "200%"`)
		t.fits("welcome with large text")
	})

	It("NOV-9 folds on a phone what a desktop shows at once, and unfolds it without JavaScript", func(ctx SpecContext) {
		stock := newStock("en")
		t := openTab(ctx, handset)
		t.withoutScripts()
		t.visit(stock.open() + "/i/x")
		shown := func(selector string) bool {
			GinkgoHelper()
			return eval[bool](t, `document.querySelector("`+selector+`").checkVisibility({contentVisibilityAuto: true})`)
		}
		for _, folded := range []string{".story", "form"} {
			Expect(shown(folded + " .fold > :last-child")).To(BeFalse())
			Expect(shown(folded + " .fold > summary")).To(BeTrue())
			t.click(folded + " .fold > summary")
			Expect(shown(folded + " .fold > :last-child")).To(BeTrue())
		}
		t.visit(stock.open() + "/i/x")
		t.show(desktop)
		for _, open := range []string{".story", "form"} {
			Expect(shown(open + " .fold > :last-child")).To(BeTrue())
			Expect(shown(open + " .fold > summary")).To(BeFalse())
		}
	})

	It("NOV-9 has the organization's logo and color, says whom to ask, and keeps both once the person has declined", func(ctx SpecContext) {
		story := invite(ctx, "en")
		edit(ctx, story.organization, func(o *v1alpha1.Organization) {
			o.Spec.Branding = v1alpha1.Branding{Logo: logo(), AccentColor: "#20124D"}
		})
		t := openTab(ctx, handset)
		link := story.link(ctx, "/i/")
		branded := func() bool {
			GinkgoHelper()
			return eval[bool](t, `[...document.images].some(e => e.complete && e.naturalWidth == 192) &&
				getComputedStyle(document.documentElement).getPropertyValue("--accent") == "#20124d"`)
		}
		Eventually(ctx, func() bool {
			t.visit(link)
			return branded()
		}).Should(BeTrue())
		Expect(t.text(".byline")).To(Equal(string(story.ana.Spec.Email)))
		Expect(t.text(".notes")).To(ContainSubstring(string(story.ana.Spec.Email)))
		t.startsWithButton("invitation")
		t.follow("button[value=decline]")
		Expect(t.text("h1")).To(Equal("You declined the invitation"))
		Expect(branded()).To(BeTrue())
	})

	It("has no animations, with and without the preference for reduced motion", func(ctx SpecContext) {
		story := invite(ctx, "en")
		t := openTab(ctx, dark)
		t.visit(story.link(ctx, "/i/"))
		for _, s := range []screen{dark, desktop} {
			t.show(s)
			Expect(eval[int](t, `[...document.querySelectorAll("*")].map(e => getComputedStyle(e)).
				filter(s => s.animationName != "none" || s.transitionDuration != "0s").length`)).To(BeZero())
		}
	})

	It("follows the dark mode of the system", func(ctx SpecContext) {
		t := openTab(ctx, dark)
		t.visit(usher.PortalURL)
		background := `getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((sum, c) => sum + Number(c), 0)`
		Expect(eval[int](t, background)).To(BeNumerically("<", 3*64))
		t.show(desktop)
		Expect(eval[int](t, background)).To(BeNumerically(">", 3*192))
	})

	It("displays long names, long words and right-to-left names", func(ctx SpecContext) {
		long := strings.TrimSpace(strings.Repeat("Gesellschaft zur Förderung ", 4)) + " " + strings.Repeat("ö", 20)
		story := invite(ctx, "en", func(i *v1alpha1.Invitation) {
			i.Spec.Role = v1alpha1.RoleOrganizationAdmin
			i.Spec.Message = strings.Repeat("Donaudampfschifffahrtsgesellschaftskapitän", 8) + "\n\nברוכים הבאים, " + strings.Repeat("x", 200)
		})
		edit(ctx, story.organization, func(o *v1alpha1.Organization) {
			o.Spec.Profile.DisplayName = v1alpha1.DisplayName(long)
		})
		edit(ctx, story.ana, func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "נועה כהן" })
		t := openTab(ctx, phone)
		link := story.link(ctx, "/i/")
		Eventually(ctx, func() string {
			t.visit(link)
			return t.text("h1")
		}).Should(And(ContainSubstring("נועה כהן"), ContainSubstring(long)))
		for _, s := range []screen{phone, desktop, narrow} {
			t.show(s)
			t.examine("long-1-invitation")
		}
		t.fill("#displayName", "محمد بن عبد الله")
		t.follow("button[value=accept]")
		t.visit(story.link(ctx, "/c/"))
		t.examine("long-4-confirm")
		t.follow("main form button")
		t.examine("long-5-welcome")
	})
})
