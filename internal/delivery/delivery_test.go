// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/timing"
)

var _ = Describe("A context that outlasts another", func() {
	It("ends a while after it, with its own cancellation, and never before", func(ctx SpecContext) {
		stopping, stop := context.WithCancel(ctx)
		short, done := outlasting(stopping, time.Millisecond)
		defer done()
		long, doneLong := outlasting(stopping, time.Hour)
		Expect(short.Err()).NotTo(HaveOccurred())
		stop()
		Eventually(ctx, short.Done()).Should(BeClosed())
		Expect(long.Err()).NotTo(HaveOccurred())
		doneLong()
		Expect(errors.Is(long.Err(), context.Canceled)).To(BeTrue())
	}, SpecTimeout(timing.Timeout))
})

var _ = Describe("How many mails are sent before what came of them is written", func() {
	It("is one after the start, and doubles with each writing up to a bound", func() {
		p := &Dispatcher{}
		var sizes []int
		for range 7 {
			sizes = append(sizes, p.batchSize())
			p.recorded.Add(1)
		}
		Expect(sizes).To(Equal([]int{1, 2, 4, 8, 16, maxBatch, maxBatch}))
	})
})

var _ = Describe("Pending messages", func() {
	pending := []Message{
		{ID: "invitation", Wait: -time.Second}, {ID: "later", Wait: time.Minute}, {ID: "confirmation", Urgency: 1},
	}

	It("are due when their time has come, the most urgent first", func() {
		Expect(due(pending)).To(HaveExactElements(HaveField("ID", "confirmation"), HaveField("ID", "invitation")))
		Expect(pending[0].ID).To(Equal("invitation"), "the queue stays as it is")
	})

	It("decide when to come again: at once, when the first that is put off is due, or not at all", func() {
		Expect(wait(pending)).To(Equal(time.Millisecond))
		Expect(wait(pending[1:2])).To(Equal(time.Minute))
		Expect(wait(nil)).To(BeZero())
	})
})
