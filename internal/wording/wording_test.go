// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package wording_test

import (
	"errors"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/wording"
)

func TestWording(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Wording")
}

var _ = Describe("Failures", func() {
	a, b, c, d, e := errors.New("a"), errors.New("b"), errors.New("c"), errors.New("d"), errors.New("e")

	DescribeTable("says", func(err error, expected string) {
		Expect(wording.Failures(err)).To(Equal(expected))
	},
		Entry("one failure as it is", a, "a"),
		Entry("several in one line, in the same order always", errors.Join(b, errors.Join(a, b)), "a; b"),
		Entry("how many more there are than fit", errors.Join(e, d, c, b, a), "a; b; c; and 2 more"),
	)
})
