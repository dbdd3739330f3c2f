// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper

import (
	"context"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Changes that are counted", func() {
	// counts returns when changes at these times are counted.
	counts := func(delay time.Duration, changes ...time.Duration) []time.Duration {
		start := time.Unix(1_000_000, 0)
		var g gathering
		var found []time.Duration
		for _, at := range changes {
			now := start.Add(at)
			if g.waiting && !g.due.After(now) {
				g.waiting = false
				found = append(found, g.due.Sub(start))
			}
			g.note(now, delay)
		}
		return append(found, g.due.Sub(start))
	}
	const ms = time.Millisecond

	DescribeTable("OPS-9 are", func(delay time.Duration, changes, expected []time.Duration) {
		Expect(counts(delay, changes...)).To(Equal(expected))
	},
		Entry("counted soon: one alone", CountDelay, []time.Duration{0}, []time.Duration{250 * ms}),
		Entry("counted soon: each of several at rest", CountDelay,
			[]time.Duration{0, 1500 * ms, 3 * time.Second}, []time.Duration{250 * ms, 1750 * ms, 3250 * ms}),
		Entry("gathered until it is quiet: several at once", CountDelay, []time.Duration{0, 100 * ms, 900 * ms}, []time.Duration{1900 * ms}),
		Entry("gathered until it is quiet: a crowd after a first one that was counted", CountDelay,
			[]time.Duration{0, 300 * ms, 600 * ms}, []time.Duration{250 * ms, 1600 * ms}),
		Entry("gathered for the object's own delay, if that is longer", 10*time.Second,
			[]time.Duration{0, 4 * time.Second, 8 * time.Second, 8100 * ms}, []time.Duration{10 * time.Second}),
	)

	It("OPS-9 are written every few seconds, however many follow one another", func() {
		var changes []time.Duration
		for at := range 60 * 10 {
			changes = append(changes, time.Duration(at)*100*ms)
		}
		times := counts(CountDelay, changes...)
		Expect(len(times)).To(BeNumerically("<=", 60/5+1))
		Expect(slices.Max(times)).To(BeNumerically("<=", 60*time.Second+CountRest), "and once more when it is quiet")
	})

	It("OPS-9 lead to one pass for each object, and are forgotten", func(ctx context.Context) {
		queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
		defer queue.ShutDown()
		urgent := types.NamespacedName{Namespace: "acme", Name: "urgent"}
		gathered := NewCounts(func(_ context.Context, key types.NamespacedName) (time.Duration, bool) {
			return time.Millisecond, key == urgent
		})
		handler := OnChangeCounted(gathered, Itself[*v1alpha1.OrgUser])
		for range 3 {
			for _, name := range []string{"ana", "luis", "urgent"} {
				handler.Create(ctx, event.CreateEvent{Object: builders.OrgUser("acme", name).Obj()}, queue)
			}
		}
		var passes []string
		for range 3 {
			request, _ := queue.Get()
			passes = append(passes, request.Name)
			queue.Done(request)
		}
		Expect(passes).To(ConsistOf("ana", "luis", "urgent"))
		Expect(passes[0]).To(Equal("urgent"))
		Eventually(func() int {
			gathered.mu.Lock()
			defer gathered.mu.Unlock()
			return len(gathered.gathering)
		}).WithTimeout(time.Minute).Should(BeZero())
		Expect(queue.Len()).To(BeZero())
	})
})
