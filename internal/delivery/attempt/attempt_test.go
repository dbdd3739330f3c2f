// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package attempt_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

var _ = Describe("Two waits", func() {
	DescribeTable("the sooner of two waits", func(a, b, expected time.Duration) {
		Expect(attempt.Lowest(a, b)).To(Equal(expected))
	},
		Entry("none", 0*time.Second, 0*time.Second, 0*time.Second),
		Entry("one", time.Second, 0*time.Second, time.Second),
		Entry("the other", 0*time.Second, time.Second, time.Second),
		Entry("the shorter", time.Second, time.Minute, time.Second),
		Entry("the shorter, second", time.Minute, time.Second, time.Second),
	)
})
