// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package breaker_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/breaker"
)

func TestBreaker(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Circuit breaker")
}

var _ = Describe("A circuit breaker", func() {
	noon := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	first, second := errors.New("first"), errors.New("second")

	It("lets calls through before the first failure and after a success", func() {
		var b breaker.Breaker
		Expect(b.Failing()).To(BeFalse())
		_, cause := b.Open(noon)
		Expect(cause).NotTo(HaveOccurred())
		b.Record(noon, first)
		Expect(b.Failing()).To(BeTrue())
		b.Record(noon, nil)
		Expect(b.Failing()).To(BeFalse())
		_, cause = b.Open(noon)
		Expect(cause).NotTo(HaveOccurred())
	})

	It("holds back calls for twice as long after each further failure, for a minute at most", func() {
		var b breaker.Breaker
		now := noon
		for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60} {
			b.Record(now, first)
			end := now.Add(time.Duration(seconds) * time.Second)
			until, cause := b.Open(end.Add(-time.Nanosecond))
			Expect(cause).To(MatchError(first))
			Expect(until).To(Equal(end))
			_, cause = b.Open(end)
			Expect(cause).NotTo(HaveOccurred())
			Expect(b.Failing()).To(BeTrue(), "nothing has succeeded yet")
			now = end
		}
	})

	It("counts only one of several calls that fail together, and returns the last failure", func() {
		var b breaker.Breaker
		b.Record(noon, first)
		b.Record(noon.Add(500*time.Millisecond), second)
		until, cause := b.Open(noon.Add(900 * time.Millisecond))
		Expect(until).To(Equal(noon.Add(time.Second)))
		Expect(cause).To(MatchError(second))
	})

	It("starts with a short hold again after a success", func() {
		var b breaker.Breaker
		b.Record(noon, first)
		b.Record(noon.Add(time.Second), first)
		b.Record(noon.Add(3*time.Second), nil)
		b.Record(noon.Add(3*time.Second), first)
		until, _ := b.Open(noon.Add(3 * time.Second))
		Expect(until).To(Equal(noon.Add(4 * time.Second)))
	})
})
