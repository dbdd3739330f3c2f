// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The address of a Service that is forwarded to", func() {
	var answer atomic.Pointer[string]
	var lookup *serviceLookup

	service := func(address string) string { return fmt.Sprintf(`{"spec":{"clusterIP":%q}}`, address) }
	BeforeEach(func(ctx context.Context) {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			switch text := *answer.Load(); text {
			case "":
				w.WriteHeader(http.StatusNotFound)
			case "busy":
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				_, _ = w.Write([]byte(text))
			}
		}))
		DeferCleanup(server.Close)
		lookup = newServiceLookup(checkout(), strings.TrimPrefix(server.URL, "https://"), "usher-system", "usher-portal", "80")
		lookup.client = server.Client()
		answer.Store(new(service("10.0.0.1")))
		Expect(lookup.address(ctx)).To(Equal("10.0.0.1:80"))
	})

	It("follows a Service that is created again, before anybody has connected to it", func(ctx context.Context) {
		keeping, stop := context.WithCancel(ctx)
		defer stop()
		go lookup.keep(keeping)
		answer.Store(new(service("10.0.0.2")))
		Eventually(func() (string, error) { return lookup.address(ctx) }, 10*resolveInterval).Should(Equal("10.0.0.2:80"))
	})

	It("is that of before while the API server does not answer", func(ctx context.Context) {
		answer.Store(new("busy"))
		_, err := lookup.refresh(ctx)
		Expect(err).To(MatchError(ContainSubstring("503")))
		Expect(lookup.address(ctx)).To(Equal("10.0.0.1:80"))
	})

	It("is unknown once the Service has been deleted", func(ctx context.Context) {
		answer.Store(new(""))
		_, err := lookup.refresh(ctx)
		Expect(err).To(MatchError(errNotFound))
		_, err = lookup.address(ctx)
		Expect(err).To(MatchError(ContainSubstring("the Service usher-system/usher-portal")))
	})
})
