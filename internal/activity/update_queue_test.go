// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var (
	ana = person{Namespace: "acme", Name: "ana"}
	bea = person{Namespace: "acme", Name: "bea"}
	eva = person{Namespace: "acme", Name: "eva"}
)

var _ = Describe("The update queue", func() {
	var q *updateQueue
	BeforeEach(func() { q = newUpdateQueue(3) })

	It("contains each person once, in order, with the time of their last request", func() {
		Expect(q.add(ana, noon)).To(BeTrue())
		Expect(q.add(bea, noon)).To(BeTrue())
		Expect(q.add(ana, noon.Add(time.Second))).To(BeFalse())
		Expect(q.add(ana, noon)).To(BeFalse(), "an earlier request does not count")
		for _, expected := range []struct {
			who person
			at  time.Time
		}{{ana, noon.Add(time.Second)}, {bea, noon}} {
			who, u, ok := q.next()
			Expect(ok).To(BeTrue())
			Expect(who).To(Equal(expected.who))
			Expect(u.at).To(Equal(expected.at))
			q.done(time.Time{})
		}
		_, _, ok := q.next()
		Expect(ok).To(BeFalse())
	})

	It("ignores a person whose update is in progress or was just written", func() {
		q.add(ana, noon)
		q.next()
		Expect(q.add(ana, noon.Add(time.Second))).To(BeFalse())
		q.done(noon.Add(interval))
		Expect(q.add(ana, noon.Add(interval-1))).To(BeFalse())
		Expect(q.add(ana, noon.Add(interval))).To(BeTrue())
	})

	It("does not ignore a person who is not active", func() {
		q.add(ana, noon)
		q.next()
		q.done(time.Time{})
		Expect(q.ignored).To(BeEmpty())
		Expect(q.add(ana, noon)).To(BeTrue())
	})

	It("retries an update a limited number of times", func() {
		q.add(ana, noon)
		q.add(bea, noon)
		for attempt := 1; attempt < maxAttempts; attempt++ {
			who, u, _ := q.next()
			Expect(who).To(Equal(ana))
			Expect(q.retry(u)).To(BeTrue())
			who, u, _ = q.next()
			Expect(who).To(Equal(bea), "a failure does not delay the others")
			Expect(q.retry(u)).To(BeTrue())
		}
		_, u, _ := q.next()
		Expect(q.retry(u)).To(BeFalse())
		Expect(q.pending).To(HaveLen(1))
		Expect(q.add(ana, noon)).To(BeTrue(), "the next request starts a new update")
	})

	It("is bounded, reports dropped requests, and has room again after a while", func() {
		q.add(ana, noon)
		q.next()
		q.done(noon.Add(interval))
		q.add(bea, noon)
		q.add(eva, noon)
		zoe := person{Namespace: "acme", Name: "zoe"}
		Expect(q.add(zoe, noon)).To(BeFalse())
		Expect(q.prune(noon.Add(interval - 1))).To(Equal(1))
		Expect(q.add(zoe, noon)).To(BeFalse())
		Expect(q.add(bea, noon.Add(time.Second))).To(BeFalse(), "a pending person stays")
		Expect(q.prune(noon.Add(interval))).To(Equal(1))
		Expect(q.add(zoe, noon)).To(BeTrue())
		Expect(q.prune(noon.Add(interval))).To(BeZero())
	})
})
