// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"math"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/status"
)

var _ = Describe("A count", func() {
	It("is limited to what fits into a status", func() {
		Expect(status.Count(7)).To(HaveValue(BeEquivalentTo(7)))
		Expect(status.Count(math.MaxInt)).To(HaveValue(BeEquivalentTo(math.MaxInt32)))
	})
})
