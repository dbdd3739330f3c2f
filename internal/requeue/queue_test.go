// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/requeue"
)

var _ = Describe("OPS-9 The queue of a controller", func() {
	request := func(namespace string, n int) reconcile.Request {
		return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: fmt.Sprintf("object-%d", n)}}
	}
	newQueue := func(constructor func(string, workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request],
	) priorityqueue.PriorityQueue[reconcile.Request] {
		q := constructor("", workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Millisecond, time.Second))
		DeferCleanup(q.ShutDown)
		return q.(priorityqueue.PriorityQueue[reconcile.Request]) //nolint:forcetypeassert // controller-runtime asserts it, too
	}
	next := func(q priorityqueue.PriorityQueue[reconcile.Request]) (reconcile.Request, int) {
		item, priority, shutdown := q.GetWithPriority()
		Expect(shutdown).To(BeFalse())
		q.Done(item)
		return item, priority
	}

	It("gives a single object of one organization its turn behind one of another's ten thousand", func() {
		q := newQueue(requeue.NewQueue)
		for n := range 10000 {
			q.Add(request("bulk", n))
		}
		q.Add(request("small", 0))
		first, _ := next(q)
		second, _ := next(q)
		Expect([]reconcile.Request{first, second}).To(Equal([]reconcile.Request{request("bulk", 0), request("small", 0)}))
	})

	It("keeps priorities: what has changed comes before what is only looked at again", func() {
		q := newQueue(requeue.NewQueue)
		low := -100
		q.AddWithOpts(priorityqueue.AddOpts{Priority: &low}, request("acme", 0), request("acme", 1), request("acme", 2))
		q.Add(request("acme", 2))
		q.Add(request("acme", 3))
		item, priority := next(q)
		Expect(item).To(Equal(request("acme", 2)))
		Expect(priority).To(BeZero())
		item, _ = next(q)
		Expect(item).To(Equal(request("acme", 3)))
		item, priority = next(q)
		Expect(item).To(Equal(request("acme", 0)))
		Expect(priority).To(Equal(low))
	})

	It("queues an object that changes during its pass once more, with the priority that was asked for", func() {
		q := newQueue(requeue.NewQueue)
		high := 5
		q.Add(request("acme", 0))
		item, _, _ := q.GetWithPriority()
		q.AddWithOpts(priorityqueue.AddOpts{Priority: &high}, item)
		q.Add(request("acme", 1))
		q.Done(item)
		again, priority := next(q)
		Expect(again).To(Equal(item))
		Expect(priority).To(Equal(high))
		Expect(q.Len()).To(Equal(1))
	})

	It("delays what comes later, and what has failed", func() {
		q := newQueue(requeue.NewQueue)
		q.AddWithOpts(priorityqueue.AddOpts{After: time.Hour}, request("acme", 0))
		q.AddWithOpts(priorityqueue.AddOpts{RateLimited: true}, request("acme", 1))
		item, _ := next(q)
		Expect(item).To(Equal(request("acme", 1)))
		Expect(q.NumRequeues(item)).To(Equal(1))
		Expect(q.Len()).To(BeZero())
	})

	It("OPS-3 drops what is left when it is shut down, so that it does not count as waiting", func() {
		q := newQueue(requeue.NewQueue)
		for n := range 100 {
			q.Add(request("acme", n))
		}
		q.ShutDown()
		_, _, shutdown := q.GetWithPriority()
		Expect(shutdown).To(BeTrue())
		Expect(q.Len()).To(BeZero())
	})

	It("takes turns by the tenant of an object where that is not its namespace", func() {
		q := newQueue(requeue.NewQueueBy(func(r reconcile.Request) string { return r.Name[:strings.Index(r.Name, "-")] }))
		named := func(name string) reconcile.Request {
			return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "usher-system", Name: name}}
		}
		for _, name := range []string{"acme-0", "acme-1", "rival-0"} {
			q.Add(named(name))
		}
		next(q)
		item, _ := next(q)
		Expect(item).To(Equal(named("rival-0")))
	})
})
