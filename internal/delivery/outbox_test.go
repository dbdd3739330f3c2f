// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Pending messages", func() {
	pending := []Message{
		{ID: "invitation", Wait: -time.Second}, {ID: "later", Wait: time.Minute}, {ID: "confirmation", Urgency: 1},
	}

	It("are due when their time has come, the most urgent first", func() {
		Expect(due(pending)).To(HaveExactElements(HaveField("ID", "confirmation"), HaveField("ID", "invitation")))
		Expect(pending[0].ID).To(Equal("invitation"), "the queue stays as it is")
	})

	It("decide when to come again: at once, when the first delayed one is due, or not at all", func() {
		Expect(wait(pending)).To(Equal(time.Millisecond))
		Expect(wait(pending[1:2])).To(Equal(time.Minute))
		Expect(wait(nil)).To(BeZero())
	})
})
