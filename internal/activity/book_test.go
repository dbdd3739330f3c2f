// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var (
	ana = person{Namespace: "acme", Name: "ana"}
	bea = person{Namespace: "acme", Name: "bea"}
	eva = person{Namespace: "acme", Name: "eva"}
)

var _ = Describe("The book", func() {
	var b *book
	BeforeEach(func() { b = newBook(3) })

	It("has everybody wait once, in order, with the time of the last request", func() {
		Expect(b.note(ana, noon)).To(BeTrue())
		Expect(b.note(bea, noon)).To(BeTrue())
		Expect(b.note(ana, noon.Add(time.Second))).To(BeFalse())
		Expect(b.note(ana, noon)).To(BeFalse(), "what is heard of late does not count")
		for _, expected := range []struct {
			who person
			at  time.Time
		}{{ana, noon.Add(time.Second)}, {bea, noon}} {
			who, s, waits := b.next()
			Expect(waits).To(BeTrue())
			Expect(who).To(Equal(expected.who))
			Expect(s.at).To(Equal(expected.at))
			b.done(time.Time{})
		}
		_, _, waits := b.next()
		Expect(waits).To(BeFalse())
	})

	It("takes nothing down of who is being written, or was a short while ago", func() {
		b.note(ana, noon)
		b.next()
		Expect(b.note(ana, noon.Add(time.Second))).To(BeFalse())
		b.done(noon.Add(interval))
		Expect(b.note(ana, noon.Add(interval-1))).To(BeFalse())
		Expect(b.note(ana, noon.Add(interval))).To(BeTrue())
	})

	It("keeps nothing in mind of who is not active", func() {
		b.note(ana, noon)
		b.next()
		b.done(time.Time{})
		Expect(b.quiet).To(BeEmpty())
		Expect(b.note(ana, noon)).To(BeTrue())
	})

	It("puts back whom it could not write, a few times", func() {
		b.note(ana, noon)
		b.note(bea, noon)
		for attempt := 1; attempt < maxAttempts; attempt++ {
			who, s, _ := b.next()
			Expect(who).To(Equal(ana))
			Expect(b.again(s)).To(BeTrue())
			who, s, _ = b.next()
			Expect(who).To(Equal(bea), "whoever fails does not keep the others waiting")
			Expect(b.again(s)).To(BeTrue())
		}
		_, s, _ := b.next()
		Expect(b.again(s)).To(BeFalse())
		Expect(b.waiting).To(HaveLen(1))
		Expect(b.note(ana, noon)).To(BeTrue(), "the next request is noted anew")
	})

	It("is bounded, says how much it dropped, and has room again when time has passed", func() {
		b.note(ana, noon)
		b.next()
		b.done(noon.Add(interval))
		b.note(bea, noon)
		b.note(eva, noon)
		zoe := person{Namespace: "acme", Name: "zoe"}
		Expect(b.note(zoe, noon)).To(BeFalse())
		Expect(b.sweep(noon.Add(interval - 1))).To(Equal(1))
		Expect(b.note(zoe, noon)).To(BeFalse())
		Expect(b.note(bea, noon.Add(time.Second))).To(BeFalse(), "who has a place keeps it")
		Expect(b.sweep(noon.Add(interval))).To(Equal(1))
		Expect(b.note(zoe, noon)).To(BeTrue())
		Expect(b.sweep(noon.Add(interval))).To(BeZero())
	})
})

var _ = Describe("ORG-17 The last activity", func() {
	DescribeTable("moves forward only, by an interval or more, of who is active",
		func(state v1alpha1.UserState, last string, at time.Time, expected string, until time.Time) {
			s := &v1alpha1.OrgUserStatus{State: state, LastActive: last}
			next, moved := move(s, at, interval)
			Expect(s.LastActive).To(Equal(expected))
			Expect(moved).To(Equal(last != expected))
			Expect(next).To(BeTemporally("==", until))
		},
		Entry("long ago", v1alpha1.UserActive, "2026-11-20T12:00:00Z", noon, "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("an interval ago", v1alpha1.UserActive, "2026-11-21T11:45:00Z", noon, "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("less than that", v1alpha1.UserActive, "2026-11-21T11:45:01Z", noon.Add(time.Second-1), "2026-11-21T11:45:01Z", noon.Add(time.Second)),
		Entry("later than the request", v1alpha1.UserActive, "2026-11-21T13:00:00Z", noon, "2026-11-21T13:00:00Z", noon.Add(time.Hour+interval)),
		Entry("in whole seconds of UTC", v1alpha1.UserActive, "2026-11-20T12:00:00Z",
			noon.Add(time.Second-1).In(time.FixedZone("", 3600)), "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("unreadable", v1alpha1.UserActive, "yesterday", noon, "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("not accepted", v1alpha1.UserPending, "Pending", noon, "Pending", time.Time{}),
		Entry("active, but not yet written as accepted", v1alpha1.UserActive, "Pending", noon, "Pending", time.Time{}),
		Entry("nothing yet", v1alpha1.UserActive, "", noon, "", time.Time{}),
		Entry("suspended", v1alpha1.UserSuspended, "2026-11-20T12:00:00Z", noon, "2026-11-20T12:00:00Z", time.Time{}),
		Entry("being removed", v1alpha1.UserRemoving, "2026-11-20T12:00:00Z", noon, "2026-11-20T12:00:00Z", time.Time{}),
	)

	It("costs at most one movement an interval, however the requests come", func() {
		for range 200 {
			b := newBook(10)
			s := &v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, LastActive: noon.Format(time.RFC3339)}
			at, moves := noon, 0
			for range 1000 {
				at = at.Add(time.Duration(rand.Int64N(int64(time.Minute))))
				b.note(ana, at)
				if _, sighting, waits := b.next(); waits {
					until, moved := move(s, sighting.at, interval)
					b.done(until)
					if moved {
						moves++
					}
				}
			}
			elapsed := at.Sub(noon)
			Expect(moves).To(BeNumerically("<=", int(elapsed/interval)))
			Expect(moves).To(BeNumerically(">=", int(elapsed/(interval+time.Minute+precision))))
		}
	})
})
