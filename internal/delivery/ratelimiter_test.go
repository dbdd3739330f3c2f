// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/live"
)

var _ = Describe("The rate limit of messages", func() {
	key := func(n int) budget.Requester {
		return budget.Requester{Tenant: "acme", Object: fmt.Sprintf("team-%d", n)}
	}
	start := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

	It("allows everything when it is zero", func() {
		p := NewRateLimiter(live.Of(0))
		for range 3 {
			mails, wait := p.Reserve(key(1), 100, start)
			Expect(mails).To(Equal(100))
			Expect(wait).To(BeZero())
		}
	})

	It("allows that many a minute, however many objects ask how often", func() {
		p := NewRateLimiter(live.Of(60))
		sent := 0
		for now := start; now.Before(start.Add(time.Minute)); now = now.Add(100 * time.Millisecond) {
			for n := range 10 {
				mails, wait := p.Reserve(key(n), 100, now)
				if mails == 0 {
					Expect(wait).To(BeNumerically(">", 0))
				}
				sent += mails
			}
		}
		Expect(sent).To(BeNumerically("~", 60, 1))
	})

	It("OPS-1 changes while messages are sent", func() {
		rate := live.Of(60)
		p := NewRateLimiter(rate)
		take := func() int { mails, _ := p.Reserve(key(1), 100, start); return mails }
		Expect(take()).To(Equal(1))
		Expect(take()).To(BeZero())
		rate.Store(0)
		Expect(take()).To(Equal(100))
		rate.Store(600)
		Expect(take()).To(Equal(10))
		Expect(take()).To(BeZero())
	})

	It("gives a long list no more reservations than a short one", func() {
		p := NewRateLimiter(live.Of(60))
		sent := map[int]int{}
		for now := start; now.Before(start.Add(20 * time.Second)); now = now.Add(100 * time.Millisecond) {
			for n, wanted := range []int{100, 5, 5} {
				mails, _ := p.Reserve(key(n), wanted, now)
				sent[n] += mails
			}
		}
		Expect(sent[1]).To(BeNumerically(">=", 5))
		Expect(sent[2]).To(BeNumerically(">=", 5))
	})

	It("reserves the messages of a second at a time when it is high", func() {
		p := NewRateLimiter(live.Of(600))
		mails, _ := p.Reserve(key(1), 100, start)
		Expect(mails).To(Equal(10))
		mails, wait := p.Reserve(key(1), 100, start)
		Expect(mails).To(BeZero())
		Expect(wait).To(BeNumerically("~", time.Second, time.Millisecond))
		mails, _ = p.Reserve(key(1), 3, start.Add(wait))
		Expect(mails).To(Equal(3), "no more than are wanted at the time of the reservation")
	})

	It("keeps no reservations of objects that are gone", func() {
		p := NewRateLimiter(live.Of(6000))
		for n := range 500 {
			p.Reserve(key(n), 100, start.Add(time.Duration(n)*time.Millisecond))
		}
		waiting := p.limiter.Waiting()
		Expect(waiting).To(BeNumerically(">", 400))
		late := start.Add(time.Hour)
		p.Reserve(key(1000), 100, late)
		p.Reserve(key(1000), 100, late)
		Expect(p.limiter.Waiting()).To(Equal(1))
	})
})
