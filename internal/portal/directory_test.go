// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
)

var _ = Describe("LMI-10 the directories of organizations", func() {
	const large = 1 << 20

	It("are served beside the pages, past the limits for people", func() {
		directories := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			Expect(err).NotTo(HaveOccurred())
			Expect(body).To(HaveLen(large))
			w.WriteHeader(http.StatusTeapot)
		})
		handler := portal.New(nil, portal.Options{
			URL: "https://usher.example", RequestsPerSecond: live.Of(0.001), Burst: 1, Directories: directories,
		})
		for range 5 {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/scim/v2/acme/Users", strings.NewReader(strings.Repeat("x", large))))
			Expect(answer.Code).To(Equal(http.StatusTeapot))
			Expect(answer.Header()).To(HaveKey("Strict-Transport-Security"))
		}
	})

	It("are not there unless somebody serves them", func() {
		answer := httptest.NewRecorder()
		portal.New(nil, portal.Options{URL: "https://usher.example"}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/scim/v2/acme/Users", http.NoBody))
		Expect(answer.Code).To(Equal(http.StatusNotFound))
	})

	It("know the networks of clients behind trusted proxies", func() {
		network := portal.ClientNetwork([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
		r := httptest.NewRequest(http.MethodGet, "/scim/v2/acme/Users", http.NoBody)
		r.RemoteAddr = "10.1.2.3:4567"
		r.Header.Set("X-Forwarded-For", "1.1.1.1, 2001:db8::1")
		Expect(network(r)).To(Equal("2001:db8::/64"))
		r.RemoteAddr = "192.0.2.7:4567"
		Expect(network(r)).To(Equal("192.0.2.7/32"))
	})
})
