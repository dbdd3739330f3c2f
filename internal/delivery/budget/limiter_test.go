// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package budget_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/delivery/budget"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

func objectOf(tenant string, n int) budget.Requester {
	return budget.Requester{Tenant: tenant, Object: fmt.Sprintf("object-%d", n)}
}

// served asks for one message for each requester whose time has come, as often as it takes, and returns whose were sent in order.
func served(l *budget.Limiter, waiting ...budget.Requester) []budget.Requester {
	var order []budget.Requester
	due := map[budget.Requester]time.Time{}
	for now := start; len(order) < len(waiting); now = now.Add(time.Second) {
		for _, r := range waiting {
			if due[r].After(now) {
				continue
			}
			allowed, wait := l.Reserve(r, 1, now)
			due[r] = now.Add(wait)
			if allowed > 0 {
				order = append(order, r)
				due[r] = now.AddDate(1, 0, 0)
			}
		}
	}
	return order
}

var _ = Describe("OPS-9 Messages that wait for a limit", func() {
	It("are sent in turn, a tenant's and then an object's, however many a tenant queues", func() {
		l := budget.NewLimiter(1, budget.NewBucket(1, 10*time.Second))
		var waiting []budget.Requester
		for n := range 300 {
			waiting = append(waiting, objectOf("bulk", n))
		}
		small := objectOf("small", 0)
		order := served(l, append(waiting, small)...)
		Expect(order).To(HaveLen(301))
		Expect(order[:3]).To(Equal([]budget.Requester{waiting[0], waiting[1], small}),
			"what was free when nobody waited, and one turn of the other tenant, not three hundred, come before")
		Expect(order[3:6]).To(Equal(waiting[2:5]), "a tenant's own keep their order")
	})

	It("are sent before all others when somebody waits for them in front of a page", func() {
		l := budget.NewLimiter(1, budget.NewBucket(1, 10*time.Second))
		bulk, other, urgent := objectOf("bulk", 0), objectOf("other", 0), objectOf("bulk", 1)
		urgent.Urgent = true
		l.Reserve(objectOf("first", 0), 1, start)
		l.Reserve(bulk, 1, start)
		l.Reserve(other, 1, start)
		Expect(served(l, bulk, other, urgent)).To(Equal([]budget.Requester{urgent, bulk, other}))
	})

	It("get all that is left at once when nobody else waits, and otherwise wait for a part that is worth a pass", func() {
		l := budget.NewLimiter(5, budget.NewBucket(100, time.Minute))
		allowed, _ := l.Reserve(objectOf("acme", 0), 300, start)
		Expect(allowed).To(Equal(100))
		allowed, wait := l.Reserve(objectOf("acme", 0), 200, start)
		Expect(allowed).To(BeZero())
		Expect(wait).To(Equal(5 * time.Minute))
		allowed, wait = l.Reserve(objectOf("acme", 1), 1, start)
		Expect(allowed).To(BeZero())
		Expect(wait).To(Equal(6*time.Minute), "after the one that waits already")
		allowed, _ = l.Reserve(objectOf("acme", 0), 200, start.Add(5*time.Minute))
		Expect(allowed).To(Equal(5))
	})

	It("obey all limits, of which the scarcest decides", func() {
		l := budget.NewLimiter(1, budget.NewBucket(10, time.Second), budget.NewBucket(2, time.Hour))
		allowed, _ := l.Reserve(objectOf("acme", 0), 10, start)
		Expect(allowed).To(Equal(2))
		_, wait := l.Reserve(objectOf("acme", 0), 8, start)
		Expect(wait).To(Equal(time.Hour))
	})

	It("take nothing when they are given back", func() {
		l := budget.NewLimiter(1, budget.NewBucket(1, time.Hour))
		for range 3 {
			allowed, _ := l.Reserve(objectOf("acme", 0), 1, start)
			Expect(allowed).To(Equal(1))
			l.GiveBack(1)
		}
	})
})
