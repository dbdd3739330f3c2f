// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/portal"
)

var _ = Describe("NOV-10 The registration form", func() {
	var links *fakeLinks
	var pages site

	BeforeEach(func() {
		links = newFakeLinks()
		pages = site{portal.New(links, portal.Options{})}
	})

	DescribeTable("is shown again with what is wrong", func(field, value, text string) {
		page := pages.post("/i/"+inviteToken, acceptForm("phone", "+34600000001", field, value))
		Expect(page).To(HaveHTTPStatus(http.StatusUnprocessableEntity))
		Expect(page.Body.String()).To(SatisfyAll(
			ContainSubstring("<title>Error: Únete a Acme S.A."),
			ContainSubstring(`id="errors" role="alert" tabindex="-1" autofocus`),
			ContainSubstring(`<li><a href="#`+field+`">`+text),
			ContainSubstring(`id="`+field+`-error">`+text),
			MatchRegexp(`id="`+field+`"[^>]*aria-describedby="[^"]*`+field+`-error"[^>]* aria-invalid="true"`),
		))
		Expect(links.changes).To(BeEmpty())
	},
		Entry("no name", "displayName", " \t", "Escribe tu nombre"),
		Entry("a name of invisible characters", "displayName", "\u202e\u200b", "Escribe tu nombre"),
		Entry("a long name", "displayName", strings.Repeat("ñ", 129), "El nombre puede tener 128"),
		Entry("a phone number without a country", "phone", "600000001", "Escribe el teléfono"),
		Entry("words for a phone number", "phone", "no", "Escribe el teléfono"),
		Entry("an unknown language", "language", "tlh", "Elige uno de los idiomas"),
	)

	It("keeps what was entered, escaped", func() {
		form := acceptForm("displayName", `Luis "L" <Gil>`, "phone", "12", "language", "en")
		page := pages.post("/i/"+inviteToken+"?lang=en", form)
		Expect(page.Body.String()).To(SatisfyAll(
			ContainSubstring(`value="Luis &#34;L&#34; &lt;Gil&gt;"`), ContainSubstring(`value="12"`),
			ContainSubstring(`<option value="en" lang="en" selected>`), ContainSubstring(`<html lang="en" dir="ltr">`),
			Not(ContainSubstring(`displayName-error`)),
		))
	})

	It("accepts a name of the maximum length", func() {
		Expect(pages.post("/i/"+inviteToken, acceptForm("displayName", strings.Repeat("ñ", 128)))).To(
			HaveHTTPStatus(http.StatusSeeOther))
		Expect(links.link.State).To(Equal(v1alpha1.RecipientRegistered))
	})

	It("accepts a name whose script needs joiners", func() {
		Expect(pages.post("/i/"+inviteToken, acceptForm("displayName", "علی\u200cرضا"))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(links.link.State).To(Equal(v1alpha1.RecipientRegistered))
	})

	It("changes nothing without a known action", func() {
		Expect(pages.post("/i/"+inviteToken, acceptForm("action", "grant"))).To(HaveHTTPStatus(http.StatusBadRequest))
		Expect(pages.post("/i/"+inviteToken, nil)).To(HaveHTTPStatus(http.StatusBadRequest))
		r := postRequest("/i/"+inviteToken+"?action=accept&displayName=Eva&language=es", nil)
		Expect(pages.do(r)).To(HaveHTTPStatus(http.StatusBadRequest))
		Expect(links.changes).To(BeEmpty())
	})
})
