// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package fair_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/fair"
)

func popAll(q *fair.Queue[string]) []string {
	var all []string
	for q.Len() > 0 {
		item, _, ok := q.Pop()
		Expect(ok).To(BeTrue())
		all = append(all, item)
	}
	return all
}

var _ = Describe("OPS-9 A fair queue", func() {
	It("gives each tenant its turn, however many items another has", func() {
		var q fair.Queue[string]
		for n := range 10000 {
			q.Push(fmt.Sprintf("bulk-%d", n), "bulk", 0)
		}
		q.Push("small", "small", 0)
		q.Push("other-0", "other", 0)
		q.Push("other-1", "other", 0)
		Expect(popAll(&q)[:7]).To(Equal([]string{"bulk-0", "small", "other-0", "bulk-1", "other-1", "bulk-2", "bulk-3"}))
	})

	It("gives a tenant that comes back no second turn before the others", func() {
		var q fair.Queue[string]
		q.Push("a-0", "a", 0)
		q.Push("b-0", "b", 0)
		q.Push("b-1", "b", 0)
		item, _, _ := q.Pop()
		Expect(item).To(Equal("a-0"))
		q.Push("a-1", "a", 0)
		Expect(popAll(&q)).To(Equal([]string{"b-0", "a-1", "b-1"}))
	})

	It("begins with the highest priority, to which an item can be raised but not lowered", func() {
		var q fair.Queue[string]
		q.Push("low", "a", -1)
		q.Push("raised", "a", -1)
		q.Push("usual", "b", 0)
		q.Push("raised", "a", 1)
		q.Push("usual", "b", -1)
		Expect(popAll(&q)).To(Equal([]string{"raised", "usual", "low"}))
	})

	It("forgets what is removed", func() {
		var q fair.Queue[string]
		for _, item := range []string{"a", "b", "c"} {
			q.Push(item, "tenant", 0)
		}
		Expect(q.Remove("b")).To(BeTrue())
		Expect(q.Remove("b")).To(BeFalse())
		Expect(popAll(&q)).To(Equal([]string{"a", "c"}))
		_, _, ok := q.Pop()
		Expect(ok).To(BeFalse())
	})
})
