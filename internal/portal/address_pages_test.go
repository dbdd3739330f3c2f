// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
)

var _ = Describe("The page for a new address", func() {
	const path = "/e/" + confirmToken
	var (
		links *fakeLinks
		s     site
	)
	BeforeEach(func() {
		links = newFakeLinks()
		links.link.State = v1alpha1.RecipientRegistered
		s = site{portal.New(links, portal.Options{RequestsPerSecond: live.Of(-1.0)})}
	})

	It("NOV-9 shows the address and changes nothing until the button is pressed", func() {
		for range 2 {
			page := s.get(path)
			Expect(page.Code).To(Equal(http.StatusOK))
			Expect(page.Body.String()).To(And(ContainSubstring("Confirma tu nueva dirección"), ContainSubstring("luis@acme.example")))
		}
		Expect(links.changes).To(BeEmpty())
		answer := s.post(path, nil)
		Expect(answer.Code).To(Equal(http.StatusSeeOther))
		Expect(answer.Header().Get("Location")).To(Equal(path))
		Expect(links.changes).To(HaveExactElements("confirm address"))
		Expect(s.get(path).Body.String()).To(ContainSubstring("Tu dirección está confirmada"))
	})

	DescribeTable("says that a link cannot be used", func(err error, status int, text string) {
		links.err = err
		page := s.get(path + "?lang=en")
		Expect(page.Code).To(Equal(status))
		Expect(page.Body.String()).To(ContainSubstring(text))
	},
		Entry("expired", portal.ErrExpired, http.StatusGone, "This link can no longer be used"),
		Entry("revoked", portal.ErrRevoked, http.StatusGone, "This link can no longer be used"),
		Entry("unknown", portal.ErrUnknown, http.StatusNotFound, ""),
	)

	It("is unknown for a token of another kind, and refuses other methods", func() {
		Expect(s.get("/e/" + inviteToken).Code).To(Equal(http.StatusNotFound))
		r := postRequest(path, nil)
		r.Method = http.MethodPut
		Expect(s.do(r).Code).To(Equal(http.StatusMethodNotAllowed))
	})
})
