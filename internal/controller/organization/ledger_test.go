// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The union of two lists", func() {
	It("has each name once, in order", func() {
		a := []string{"bea", "ana"}
		Expect(union(a, []string{"eva", "bea"})).To(Equal([]string{"ana", "bea", "eva"}))
		Expect(a).To(Equal([]string{"bea", "ana"}), "the lists stay as they are")
	})
})
