// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package live_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/live"
)

func TestLive(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Live values")
}

var _ = Describe("A live value", func() {
	It("is shared by its copies", func() {
		v := live.Of(1)
		c := v
		v.Store(2)
		Expect(c.Load()).To(Equal(2))
	})

	It("is the type's zero value unless it is set", func() {
		Expect(live.Value[string]{}.Load()).To(BeEmpty())
	})
})
