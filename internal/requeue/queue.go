// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/fair"
)

// request is what controllers queue.
type request = reconcile.Request

// NewQueue returns a controller's queue in which no organization waits for all that another has queued: of the highest priority, each
// namespace in turn gets one pass. The queue that controller-runtime ships has priorities, which this one keeps, but within a priority
// passes come in the order in which they were asked for, ten thousand of one tenant before one of another.
func NewQueue(name string, limiter workqueue.TypedRateLimiter[request]) workqueue.TypedRateLimitingInterface[request] {
	return NewQueueBy(func(r request) string { return r.Namespace })(name, limiter)
}

// NewQueueBy returns a function that does the same for objects of which tenantOf returns the tenant.
func NewQueueBy(tenantOf func(request) string) func(string, workqueue.TypedRateLimiter[request],
) workqueue.TypedRateLimitingInterface[request] {
	return func(name string, limiter workqueue.TypedRateLimiter[request]) workqueue.TypedRateLimitingInterface[request] {
		turns := &turns{tenantOf: tenantOf, asked: map[request]int{}, given: map[request]int{}}
		queue := workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[request]{Name: name, Queue: turns})
		delaying := workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[request]{Name: name, Queue: queue})
		return &fairQueue{
			TypedRateLimitingInterface: workqueue.NewTypedRateLimitingQueueWithConfig(limiter,
				workqueue.TypedRateLimitingQueueConfig[request]{Name: name, DelayingQueue: delaying}),
			turns: turns,
		}
	}
}

// fairQueue is a queue of client-go's with priorities.
type fairQueue struct {
	workqueue.TypedRateLimitingInterface[request]

	turns *turns
}

var _ priorityqueue.PriorityQueue[request] = (*fairQueue)(nil)

// AddWithOpts implements priorityqueue.PriorityQueue.
func (q *fairQueue) AddWithOpts(o priorityqueue.AddOpts, items ...request) {
	for _, item := range items {
		q.turns.ask(item, ptr.Deref(o.Priority, 0))
		switch {
		case o.RateLimited:
			q.TypedRateLimitingInterface.AddRateLimited(item)
		case o.After > 0:
			q.TypedRateLimitingInterface.AddAfter(item, o.After)
		default:
			q.TypedRateLimitingInterface.Add(item)
		}
	}
}

// Add implements workqueue.TypedInterface.
func (q *fairQueue) Add(item request) { q.AddWithOpts(priorityqueue.AddOpts{}, item) }

// AddAfter implements workqueue.TypedDelayingInterface.
func (q *fairQueue) AddAfter(item request, after time.Duration) {
	q.AddWithOpts(priorityqueue.AddOpts{After: after}, item)
}

// AddRateLimited implements workqueue.TypedRateLimitingInterface.
func (q *fairQueue) AddRateLimited(item request) {
	q.AddWithOpts(priorityqueue.AddOpts{RateLimited: true}, item)
}

// GetWithPriority implements priorityqueue.PriorityQueue. When the queue is shut down, it drops what is left: passes that may no longer
// write would each fail, and the next leader finds everything by the objects. Left in the queue, it would count as waiting forever, since
// the queue of the next term has the same gauge.
func (q *fairQueue) GetWithPriority() (item request, priority int, shutdown bool) {
	for {
		item, shutdown = q.Get()
		priority = q.turns.take(item)
		if shutdown || !q.ShuttingDown() {
			return item, priority, shutdown
		}
		q.Done(item)
	}
}

// turns is the order of a queue. The workqueue calls the methods of workqueue.Queue under its own lock, and the others come at any time.
type turns struct {
	tenantOf func(request) string

	mu    sync.Mutex
	queue fair.Queue[request]
	// asked are the priorities of items that are to be queued, and given those of items that were handed out.
	asked, given map[request]int
}

// ask notes the priority with which an item is to be queued: the highest of several.
func (t *turns) ask(item request, priority int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if former, asked := t.asked[item]; !asked || former < priority {
		t.asked[item] = priority
	}
}

// take returns the priority of an item that was handed out.
func (t *turns) take(item request) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer delete(t.given, item)
	return t.given[item]
}

// Push implements workqueue.Queue.
func (t *turns) Push(item request) {
	tenant := t.tenantOf(item)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue.Push(item, tenant, t.asked[item])
	delete(t.asked, item)
}

// Touch implements workqueue.Queue: an item that is queued is queued again, perhaps with a higher priority.
func (t *turns) Touch(item request) { t.Push(item) }

// Len implements workqueue.Queue.
func (t *turns) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.Len()
}

// Pop implements workqueue.Queue.
func (t *turns) Pop() request {
	t.mu.Lock()
	defer t.mu.Unlock()
	item, priority, _ := t.queue.Pop()
	t.given[item] = priority
	return item
}
