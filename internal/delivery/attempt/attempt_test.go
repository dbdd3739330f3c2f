// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package attempt_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

var _ = Describe("The back-off of messages", func() {
	DescribeTable("doubles from ten seconds up to an hour", func(attempts int, wait time.Duration) {
		Expect(attempt.Backoff(int32(attempts))).To(Equal(wait))
	},
		Entry(nil, 0, 10*time.Second),
		Entry(nil, 1, 10*time.Second),
		Entry(nil, 2, 20*time.Second),
		Entry(nil, 3, 40*time.Second),
		Entry(nil, 9, 2560*time.Second),
		Entry(nil, 10, time.Hour),
		Entry(nil, 1<<31-1, time.Hour),
	)
})

var _ = Describe("The time of the next attempt", func() {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 987, time.UTC)

	DescribeTable("is in whole seconds", func(result attempt.Result, expected time.Time) {
		Expect(result.RetryTime(2, noon)).To(Equal(expected))
	},
		Entry("never, when the message was accepted", attempt.Result{}, time.Time{}),
		Entry("never, when it was refused permanently", attempt.Result{Error: "550 no such user", Permanent: true}, time.Time{}),
		Entry("after the back-off, when it failed", attempt.Result{Error: "451 try later"}, noon.Add(20*time.Second).Truncate(time.Second)),
		Entry("not before the server may be reachable again, when it was not tried",
			attempt.Result{Error: "no connection", RetryAt: noon.Add(time.Minute)}, noon.Add(61*time.Second).Truncate(time.Second)),
	)
})

var _ = Describe("The wait for the next attempt", func() {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

	DescribeTable("ends when a clock was wrong", func(ahead time.Duration, attempts int, budget string, wait time.Duration) {
		Expect(attempt.Wait(noon.Add(ahead), int32(attempts), budget, noon)).To(Equal(wait))
	},
		Entry("it is the back-off", 20*time.Second, 2, "", 20*time.Second),
		Entry("it is over", -time.Second, 2, "", time.Duration(0)),
		Entry("it is the time that a server cannot be reached", time.Minute, 0, "", time.Minute),
		Entry("the clock was an hour early when the time was written, or is late now", time.Hour+10*time.Second, 1, "", time.Duration(0)),
		Entry("an hour is the back-off", time.Hour, 20, "", time.Hour),
		Entry("a budget is for a day", 20*time.Hour, 0, "100 a day", 20*time.Hour),
	)
})

var _ = Describe("Shortened texts", func() {
	DescribeTable("contain whole characters only", func(text string, most int, short string) {
		Expect(attempt.Shorten(text, most)).To(Equal(short))
	},
		Entry(nil, "", 4, ""),
		Entry(nil, "four", 4, "four"),
		Entry(nil, "fives", 4, "five"),
		Entry("a character of two bytes at the cut", "trañ", 4, "tra"),
		Entry("one of three", "a€", 3, "a"),
		Entry("one that just fits", "a€", 4, "a€"),
	)
})

var _ = Describe("The lowest of two waits", func() {
	DescribeTable("is", func(a, b, expected time.Duration) {
		Expect(attempt.Lowest(a, b)).To(Equal(expected))
	},
		Entry("none, when there is none", 0*time.Second, 0*time.Second, 0*time.Second),
		Entry("the first, when there is no second", time.Second, 0*time.Second, time.Second),
		Entry("the second, when there is no first", 0*time.Second, time.Second, time.Second),
		Entry("the first, when it is shorter", time.Second, time.Minute, time.Second),
		Entry("the second, when it is shorter", time.Minute, time.Second, time.Second),
	)
})
