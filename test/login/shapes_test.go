// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"net/http"
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/signin"
)

// signIn signs somebody in with a shape of the other provider, as the portal does.
func signIn(ctx context.Context, portal *signin.Client, known signin.Provider, email string) (signin.Identity, error) {
	GinkgoHelper()
	where, attempt, err := portal.Begin(ctx, known, signin.Request{Subject: "i/token", Hint: email})
	Expect(err).NotTo(HaveOccurred())
	browser := other.browser(email)
	var back *url.URL
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/sign-in/callback" {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	response, err := browser.Do(request)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	Expect(back).NotTo(BeNil(), "the provider answers with status %d", response.StatusCode)
	return portal.Finish(ctx, known, attempt, "", back.Query())
}

var _ = Describe("SIG-1 Signing in with a provider that is not Dex", func() {
	const nora = "nora@acme.example"
	newPortal := func() *signin.Client {
		return signin.NewClient(usher.PortalURL+"/sign-in/callback", nil, nil, time.Now)
	}

	DescribeTable("takes the address of", func(ctx context.Context, name string) {
		who, err := signIn(ctx, newPortal(), other.portal(name), nora)
		Expect(err).NotTo(HaveOccurred())
		Expect(who).To(And(HaveField("Email", nora), HaveField("Name", "Nora Vidal"), HaveField("Provider", other.issuer(name))))
	},
		Entry("one with the address in the userinfo only, and a secret in the header", userinfo),
		Entry("one whose name ends with a slash, with ES256, for a public client", slashed),
		Entry("one with PS256, and a secret in the form", posted),
	)

	It("takes an address of which nothing is said only if told so, and none of which the provider says no", func(ctx context.Context) {
		known := other.portal(silent)
		_, err := signIn(ctx, newPortal(), known, nora)
		Expect(err).To(MatchError(signin.ErrUnverified))
		Expect(err).To(MatchError(ContainSubstring(`set emailVerified to Assumed together with allowedDomains`)))
		known.EmailVerified, known.AllowedDomains = signin.EmailVerifiedAssumed, []string{"acme.example"}
		Expect(signIn(ctx, newPortal(), known, nora)).To(HaveField("Email", nora))
		_, err = signIn(ctx, newPortal(), known, "nora@elsewhere.example")
		Expect(err).To(MatchError(signin.ErrDomain))
		known = other.portal(unproved)
		known.EmailVerified = signin.EmailVerifiedAssumed
		_, err = signIn(ctx, newPortal(), known, nora)
		Expect(err).To(MatchError(ContainSubstring(`says "email_verified": false`)))
	})

	It("says what is missing if there is no address of the person", func(ctx context.Context) {
		_, err := signIn(ctx, newPortal(), other.portal(nameless), nora)
		Expect(err).To(MatchError(signin.ErrUnverified))
		Expect(err).To(MatchError(ContainSubstring("neither the ID token nor the userinfo of " + other.issuer(nameless) + " has an address")))
	})

	It("takes tokens of a new key, while it runs", func(ctx context.Context) {
		portal := newPortal()
		Expect(signIn(ctx, portal, other.portal(posted), nora)).To(HaveField("Email", nora))
		other.rotate(posted)
		Expect(signIn(ctx, portal, other.portal(posted), nora)).To(HaveField("Email", nora))
	})
})
