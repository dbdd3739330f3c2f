// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"

	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
)

var _ = Describe("The guard", func() {
	var links *fakeLinks

	BeforeEach(func() { links = newFakeLinks() })

	with := func(opts portal.Options) site { return site{portal.New(links, opts)} }

	It("sets its headers on every answer", func() {
		pages := with(portal.Options{URL: "https://portal.acme.example", RequestsPerSecond: live.Of(0.001), Burst: 3})
		foreign := postRequest("/i/"+inviteToken, acceptForm())
		foreign.Header.Set("Sec-Fetch-Site", "cross-site")
		answers := []*httptest.ResponseRecorder{
			pages.get("/i/" + inviteToken), pages.get("/i/nobody"), pages.do(foreign), pages.get("/i/" + inviteToken),
		}
		Expect(answers[3]).To(HaveHTTPStatus(http.StatusTooManyRequests))
		for _, a := range answers {
			Expect(a).To(SatisfyAll(
				HaveHTTPHeaderWithValue("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; "+
					"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"),
				HaveHTTPHeaderWithValue("Referrer-Policy", "no-referrer"),
				HaveHTTPHeaderWithValue("X-Content-Type-Options", "nosniff"),
				HaveHTTPHeaderWithValue("Cache-Control", "no-store"),
				HaveHTTPHeaderWithValue("Strict-Transport-Security", "max-age=31536000"),
				HaveHTTPHeaderWithValue("Content-Type", "text/html; charset=utf-8"),
			))
		}
		Expect(with(portal.Options{URL: "http://127.0.0.1:8080"}).get("/").Header()).NotTo(HaveKey("Strict-Transport-Security"))
	})

	It("has browsers send the origin with forms, but never the path", func() {
		for _, path := range []string{"/", "/i/" + inviteToken, "/c/" + confirmToken, "/i/nobody"} {
			Expect(with(portal.Options{}).get(path).Body.String()).To(ContainSubstring(`<meta name="referrer" content="strict-origin">`), path)
		}
	})

	It("serves the files that pages use, and lets browsers cache them permanently", func() {
		pages := with(portal.Options{})
		named := regexp.MustCompile(`href="(/static/[^"]+)"`).FindAllStringSubmatch(pages.get("/").Body.String(), -1)
		types := map[string]string{}
		for _, name := range named {
			file := pages.get(name[1])
			Expect(file).To(And(HaveHTTPStatus(http.StatusOK), HaveHTTPHeaderWithValue("Cache-Control", ContainSubstring("immutable"))))
			Expect(file.Body.String()).NotTo(ContainSubstring("url("))
			types[file.Header().Get("Content-Type")] = name[1]
		}
		Expect(types).To(And(HaveLen(2), HaveKey("text/css; charset=utf-8"), HaveKey("image/svg+xml")))
	})

	DescribeTable("refuses forms from other sites", func(header, value string, status int) {
		r := postRequest("/i/"+inviteToken, acceptForm())
		r.Header.Del("Sec-Fetch-Site")
		r.Header.Set(header, value)
		page := with(portal.Options{URL: "https://portal.acme.example"}).do(r)
		Expect(page).To(HaveHTTPStatus(status))
		Expect(links.changes).To(HaveLen(map[int]int{http.StatusForbidden: 0, http.StatusSeeOther: 1}[status]))
	},
		Entry(nil, "Sec-Fetch-Site", "cross-site", http.StatusForbidden),
		Entry(nil, "Sec-Fetch-Site", "same-site", http.StatusForbidden),
		Entry(nil, "Origin", "https://evil.example", http.StatusForbidden),
		Entry(nil, "Origin", "null", http.StatusForbidden),
		Entry(nil, "Origin", "https://portal.acme.example", http.StatusSeeOther),
		Entry(nil, "Sec-Fetch-Site", "same-origin", http.StatusSeeOther),
	)

	It("refuses a body that is longer than any form", func() {
		Expect(with(portal.Options{}).post("/i/"+inviteToken, acceptForm("displayName", strings.Repeat("a", 17<<10)))).To(
			HaveHTTPStatus(http.StatusRequestEntityTooLarge))
		Expect(links.changes).To(BeEmpty())
	})

	It("limits each client separately, and does not limit the health check", func() {
		pages := with(portal.Options{
			RequestsPerSecond: live.Of(0.001), Burst: 2, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		})
		from := func(remote, forwarded string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = net.JoinHostPort(remote, "1234")
			if forwarded != "" {
				r.Header.Set("X-Forwarded-For", forwarded)
			}
			return pages.do(r)
		}
		spend := func(remote, forwarded string) {
			GinkgoHelper()
			Expect(from(remote, forwarded)).To(HaveHTTPStatus(http.StatusOK))
			Expect(from(remote, forwarded)).To(HaveHTTPStatus(http.StatusOK))
			busy := from(remote, forwarded)
			Expect(busy).To(HaveHTTPStatus(http.StatusTooManyRequests))
			Expect(busy).To(HaveHTTPHeaderWithValue("Retry-After", "60"))
			Expect(busy.Body.String()).To(ContainSubstring("Too many requests"))
		}
		spend("192.0.2.1", "")
		spend("192.0.2.2", "")
		spend("10.1.1.1", "192.0.2.3, 10.2.2.2")
		spend("2001:db8:0:1::1", "")
		By("forging the address before the proxy's own, and moving within one network")
		Expect(from("10.1.1.1", "198.51.100.1, 192.0.2.3")).To(HaveHTTPStatus(http.StatusTooManyRequests))
		Expect(from("192.0.2.1", "198.51.100.1")).To(HaveHTTPStatus(http.StatusTooManyRequests))
		Expect(from("2001:db8:0:1::2", "")).To(HaveHTTPStatus(http.StatusTooManyRequests))
		for range 5 {
			Expect(pages.get("/healthz")).To(HaveHTTPStatus(http.StatusOK))
			Expect(pages.get("/static/style.css")).To(HaveHTTPStatus(http.StatusOK))
		}
	})

	It("redirects only within itself and shows no name of a host, whatever the path and the Host header", func() {
		pages := with(portal.Options{URL: "https://portal.acme.example"})
		for _, path := range []string{
			"/", "/i/" + inviteToken, "/i/" + inviteToken + "/done", "/i/" + inviteToken + "/.", "/i//evil.example/.", "/i/%5Cevil.example.",
			"/i/%2F%2Fevil.example.", "//evil.example/i/x.", "/%5Cevil.example/", "/c/x%0d%0aLocation:%20https:%2F%2Fevil.example.",
			"/a/x.?lang=https://evil.example", "/w/evil.example/..%2F..", "/q/https:%2F%2Fevil.example/",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				r := postRequest(path, acceptForm())
				r.Method, r.Host = method, "evil.example:8443"
				r.Header.Set("X-Forwarded-Host", "evil.example:8443")
				answer := pages.do(r)
				if location := answer.Header().Get("Location"); location != "" {
					Expect(location).To(MatchRegexp(`^/[^/\\]`), "%s %s", method, path)
					Expect(location).NotTo(MatchRegexp(`[\r\n\\]`), "%s %s", method, path)
				}
				Expect(answer.Body.String()).NotTo(ContainSubstring("evil.example:8443"), "%s %s", method, path)
			}
		}
	})

	It("logs routes and errors, but no token", func() {
		var logged bytes.Buffer
		logger := funcr.New(func(prefix, args string) { fmt.Fprintln(&logged, prefix, args) }, funcr.Options{Verbosity: 1})
		links.err = errors.New("cannot read " + inviteToken)
		pages := with(portal.Options{Log: logger})
		pages.get("/i/" + inviteToken)
		links.err = fmt.Errorf("cannot read %q", confirmToken)
		pages.post("/c/"+confirmToken, nil)
		Expect(logged.String()).To(SatisfyAll(
			ContainSubstring("GET /i/{token}"), ContainSubstring("POST /c/{token}"), ContainSubstring("cannot read [token]"),
			ContainSubstring(`"status"=503`), Not(ContainSubstring(inviteToken)), Not(ContainSubstring(confirmToken))))
	})
})
