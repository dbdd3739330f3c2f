// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/live"
)

var _ = Describe("OPS-1 a limit of the portal, changed while it runs", func() {
	client := netip.MustParseAddr("192.0.2.1")

	It("holds from then on", func() {
		rate := live.Of(0.001)
		limit := liveLimiter{rate: rate, build: func(rate float64) *limiter { return newLimiter(rate, 1) }}
		now := time.Now()
		Expect(limit.allow(client, now)).To(BeTrue())
		Expect(limit.allow(client, now)).To(BeFalse())
		rate.Store(-1)
		for range 100 {
			Expect(limit.allow(client, now)).To(BeTrue())
		}
		rate.Store(0.001)
		Expect(limit.allow(client, now)).To(BeFalse(), "the same limit again: what counted still does")
		rate.Store(1000)
		Expect(limit.allow(client, now)).To(BeTrue())
		Expect(limit.allow(client, now.Add(time.Second))).To(BeTrue())
	})

	It("holds for questions", func() {
		hourly := live.Of(1.0)
		allow := newQuestionLimit(Options{QuestionsPerHour: hourly})
		r := httptest.NewRequest(http.MethodPost, "/w/acme/support", nil)
		Expect(allow(r)).To(BeTrue())
		Expect(allow(r)).To(BeFalse())
		hourly.Store(3)
		for range 3 {
			Expect(allow(r)).To(BeTrue())
		}
		Expect(allow(r)).To(BeFalse())
	})
})
