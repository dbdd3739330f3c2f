// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/portal"
)

// picture returns a small PNG file.
func picture() []byte {
	var file bytes.Buffer
	Expect(png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 8, 4)))).To(Succeed())
	return file.Bytes()
}

var _ = Describe("An organization's branding", func() {
	var links *fakeLinks
	var pages site

	BeforeEach(func() {
		links = newFakeLinks()
		pages = site{portal.New(links, portal.Options{URL: "https://portal.acme.example"})}
	})

	It("NOV-9 puts the logo into the page, which may show no other picture", func() {
		logo := picture()
		links.link.Branding.Logo = logo
		for _, state := range []v1alpha1.RecipientState{v1alpha1.RecipientInvited, v1alpha1.RecipientDeclined} {
			links.link.State = state
			page := pages.get("/i/" + inviteToken)
			Expect(page.Body.String()).To(ContainSubstring(
				`<img class="logo" src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(logo) + `" alt="">`))
			Expect(page.Header()).To(HaveKeyWithValue("Content-Security-Policy", ConsistOf(And(
				HavePrefix("default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"), Not(ContainSubstring("unsafe"))))))
		}
		Expect(pages.get("/i/nobody")).To(HaveHTTPHeaderWithValue("Content-Security-Policy", Not(ContainSubstring("data:"))))
	})

	It("NOV-9 shows the first letter of the name in place of a logo that is none, and keeps the policy", func() {
		for _, logo := range [][]byte{nil, []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), bytes.Repeat(picture(), 1000)} {
			links.link.Branding.Logo = logo
			page := pages.get("/i/" + inviteToken)
			Expect(page.Body.String()).To(And(ContainSubstring(`<span class="initial" aria-hidden="true">A</span>`), Not(ContainSubstring("<img"))))
			Expect(page).To(HaveHTTPHeaderWithValue("Content-Security-Policy", Not(ContainSubstring("data:"))))
		}
	})

	It("NOV-9 colors the pages of invitations, by a style sheet of the portal", func() {
		Expect(pages.get("/i/" + inviteToken).Body.String()).NotTo(ContainSubstring("accent-"))
		links.link.Branding.AccentColor = "#B3261E"
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring(`<link rel="stylesheet" href="/static/accent-b3261e.css">`))
		Expect(pages.get("/static/accent-b3261e.css")).To(HaveHTTPStatus(http.StatusOK), "although there are no contact pages")
	})
})

var _ = Describe("The page of an invitation", func() {
	var links *fakeLinks
	var pages site

	BeforeEach(func() {
		links = newFakeLinks()
		pages = site{portal.New(links, portal.Options{URL: "https://portal.acme.example"})}
	})

	text := func() string { return pages.get("/i/" + inviteToken + "?lang=en").Body.String() }

	It("NOV-9 says whom to ask, what is stored and who sees it, and what Usher is", func() {
		Expect(text()).NotTo(ContainSubstring("mailto:"))
		links.link.Contact = lookup.Contact{Name: "Ana Pérez", Email: "ana@acme.example"}
		Expect(text()).To(And(
			ContainSubstring(`<p class="byline"><bdi>ana@acme.example</bdi></p>`),
			ContainSubstring(`<bdi>Ana Pérez</bdi> <a href="mailto:ana@acme.example"><bdi>ana@acme.example</bdi></a>`),
			ContainSubstring("stores your address, your answer and what you enter in this form."),
			ContainSubstring("uses Usher to invite people and give them access to its workspaces. You have this link because"),
		))
		links.link.Contact = lookup.Contact{Email: "office@acme.example"}
		Expect(text()).To(And(ContainSubstring("mailto:office@acme.example"), Not(ContainSubstring("byline"))), "who invites is somebody else")
	})

	It("NOV-9 folds what is long: facts and the optional fields on a phone, many workspaces, a long message", func() {
		Expect(text()).To(ContainSubstring("<summary><bdi>Member · Soporte · Ventas</bdi></summary>"))
		Expect(text()).NotTo(SatisfyAny(ContainSubstring("more</summary>"), ContainSubstring("preview")))
		for range 5 {
			links.link.Workspaces = append(links.link.Workspaces, portal.Workspace{Title: "Almacén", Access: v1alpha1.WorkspaceView})
		}
		links.link.Message = strings.Repeat("Bienvenidos\n", 9)
		Expect(text()).To(And(ContainSubstring("<summary>and 2 more</summary>"), ContainSubstring(
			`<summary><span class="caption">Message from Ana Pérez</span><span class="preview">Bienvenidos Bienvenidos`)))
		Expect(strings.Count(text(), "<bdi>Almacén</bdi>")).To(Equal(5))
	})

	It("NOV-10 unfolds optional fields that have an error, which takes the place of the hint", func() {
		Expect(text()).To(MatchRegexp(`<details class="fold">\n<summary>Phone and language</summary>`))
		page := pages.post("/i/"+inviteToken+"?lang=en", acceptForm("phone", "12", "displayName", "")).Body.String()
		Expect(page).To(And(
			MatchRegexp(`<details class="fold" open>\n<summary>Phone and language</summary>`),
			ContainSubstring(`aria-describedby="phone-error" aria-invalid="true"`), Not(ContainSubstring("phone-hint")),
			ContainSubstring(`aria-describedby="displayName-error" aria-invalid="true"`), Not(ContainSubstring("displayName-hint"))))
	})
})
