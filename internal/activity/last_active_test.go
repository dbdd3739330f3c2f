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

var _ = Describe("ORG-17 The last activity", func() {
	DescribeTable("moves only forward, by at least an interval, and only for active people",
		func(state v1alpha1.UserState, last string, at time.Time, expected string, until time.Time) {
			s := &v1alpha1.OrgUserStatus{State: state, LastActive: last}
			next, advanced := advance(s, at, interval)
			Expect(s.LastActive).To(Equal(expected))
			Expect(advanced).To(Equal(last != expected))
			Expect(next).To(BeTemporally("==", until))
		},
		Entry("long ago", v1alpha1.UserActive, "2026-11-20T12:00:00Z", noon, "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("an interval ago", v1alpha1.UserActive, "2026-11-21T11:45:00Z", noon, "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("less than an interval ago", v1alpha1.UserActive, "2026-11-21T11:45:01Z", noon.Add(time.Second-1), "2026-11-21T11:45:01Z", noon.Add(time.Second)),
		Entry("later than the request", v1alpha1.UserActive, "2026-11-21T13:00:00Z", noon, "2026-11-21T13:00:00Z", noon.Add(time.Hour+interval)),
		Entry("in whole seconds of UTC", v1alpha1.UserActive, "2026-11-20T12:00:00Z",
			noon.Add(time.Second-1).In(time.FixedZone("", 3600)), "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("unreadable", v1alpha1.UserActive, "yesterday", noon, "2026-11-21T12:00:00Z", noon.Add(interval)),
		Entry("not accepted", v1alpha1.UserPending, "Pending", noon, "Pending", time.Time{}),
		Entry("active, but not yet written as accepted", v1alpha1.UserActive, "Pending", noon, "Pending", time.Time{}),
		Entry("no status yet", v1alpha1.UserActive, "", noon, "", time.Time{}),
		Entry("suspended", v1alpha1.UserSuspended, "2026-11-20T12:00:00Z", noon, "2026-11-20T12:00:00Z", time.Time{}),
		Entry("being removed", v1alpha1.UserRemoving, "2026-11-20T12:00:00Z", noon, "2026-11-20T12:00:00Z", time.Time{}),
	)

	It("is written at most once per interval, whatever the requests", func() {
		for range 200 {
			q := newUpdateQueue(10)
			s := &v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, LastActive: noon.Format(time.RFC3339)}
			at, advances := noon, 0
			for range 1000 {
				at = at.Add(time.Duration(rand.Int64N(int64(time.Minute))))
				q.add(ana, at)
				if _, u, ok := q.next(); ok {
					until, advanced := advance(s, u.at, interval)
					q.done(until)
					if advanced {
						advances++
					}
				}
			}
			elapsed := at.Sub(noon)
			Expect(advances).To(BeNumerically("<=", int(elapsed/interval)))
			Expect(advances).To(BeNumerically(">=", int(elapsed/(interval+time.Minute+precision))))
		}
	})
})
