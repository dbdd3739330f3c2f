// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Certificates", func() {
	It("last, and are replaced in time", func() {
		p, now := checkout(), time.Now()
		ensure := func(at time.Time) string {
			GinkgoHelper()
			Expect(ensurePKI(p, newState().leaves(), at)).To(Succeed())
			return content(p.pki("server.crt"))
		}
		first := ensure(now)
		Expect(ensure(now.Add(24*time.Hour))).To(Equal(first), "certificates that last were replaced")
		second := ensure(now.Add(certificateLife - renewBefore + time.Hour))
		Expect(second).NotTo(Equal(first), "certificates that end soon were kept")
		Expect(os.Remove(p.pki("sa.key"))).To(Succeed())
		Expect(ensure(now.Add(certificateLife))).NotTo(Equal(second), "an incomplete set was kept")
		info, err := os.Stat(p.pki("ca.key"))
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(BeEquivalentTo(0o600), "others may read the key of the authority")
	})
})

var _ = Describe("The token of a ServiceAccount", func() {
	It("says when it expires", func() {
		payload := base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1700000000}`))
		Expect(expires("h." + payload + ".s").Unix()).To(BeEquivalentTo(1700000000))
	})

	DescribeTable("has no expiry", func(token string) {
		Expect(expires(token)).To(BeZero())
	},
		Entry("when it is empty", ""),
		Entry("when it has two parts", "a.b"),
		Entry("when its payload is not in base64", "a.!.c"),
		Entry("when its payload has none", "a.e30.c"),
	)

	It("is found in its kubeconfig, and in none that is missing", func() {
		p := checkout()
		Expect(ensurePKI(p, newState().leaves(), time.Now())).To(Succeed())
		Expect(writeTokenKubeconfig(p, "127.0.0.1:1", p.operatorKubeconfig(), "operator", "a.b.c")).To(Succeed())
		Expect(tokenIn(p.operatorKubeconfig())).To(Equal("a.b.c"))
		Expect(tokenIn(p.kubeconfig())).To(BeEmpty())
	})
})

var _ = Describe("A request", func() {
	It("fails with what was answered", func(ctx SpecContext) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer good" {
				http.Error(w, "who are you?", http.StatusUnauthorized)
			}
		}))
		DeferCleanup(server.Close)
		Expect(get(ctx, plainClient(), server.URL, "good")).To(Succeed())
		Expect(get(ctx, plainClient(), server.URL, "bad")).To(MatchError(And(
			ContainSubstring("401"), ContainSubstring("who are you?"))))
	})
})
