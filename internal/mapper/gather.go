// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// CountDelay is how long a change that only affects a count waits for others, so that they cost one write.
	CountDelay = 250 * time.Millisecond
	// CountRest is how long it must be quiet after changes that come in a crowd until they are counted.
	CountRest = time.Second
	// maxCountDelay is how long a crowd keeps a count waiting at most, unless its own delay is longer.
	maxCountDelay = 5 * time.Second
)

// Delay returns how long changes are gathered for one count of an object. Urgent is true if more than a number waits for them, as when the
// object is being deleted: then a crowd does not prolong it.
type Delay func(ctx context.Context, key types.NamespacedName) (delay time.Duration, urgent bool)

// Counts gathers the changes that only affect the counts of a kind's objects. One change alone is counted after the object's delay. Of
// changes that follow one another within CountRest, as when everybody comes into force at a first start, the count waits until it is quiet,
// and is written every maxCountDelay meanwhile. All watches that lead to counts of a kind share it, also that of the kind itself: a pass
// because of the former count would otherwise be the next count.
type Counts struct {
	delay Delay

	mu        sync.Mutex
	gathering map[types.NamespacedName]*gathering
}

// NewCounts returns what gathers the changes for objects with these delays.
func NewCounts(delay Delay) *Counts {
	return &Counts{delay: delay, gathering: map[types.NamespacedName]*gathering{}}
}

// OnChangeCounted enqueues the objects that a change concerns when the change is to be counted.
func OnChangeCounted[T client.Object](counts *Counts, names Mapper[T]) handler.EventHandler {
	return onChange(names, counts.add)
}

func (c *Counts) add(ctx context.Context, key types.NamespacedName, q requests) {
	delay, urgent := c.delay(ctx, key)
	if urgent {
		q.AddAfter(reconcile.Request{NamespacedName: key}, delay)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.gathering[key]
	if g == nil {
		g = &gathering{}
		g.timer = time.AfterFunc(delay, func() { c.end(key, g) })
		c.gathering[key] = g
	}
	now := time.Now()
	g.note(now, delay)
	g.queue = q
	g.timer.Reset(g.due.Sub(now))
}

// end queues an object's count that is due, and forgets the object when nothing has followed for a while.
func (c *Counts) end(key types.NamespacedName, g *gathering) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !g.waiting:
		delete(c.gathering, key)
	case time.Now().Before(g.due): // a change has prolonged it as the timer ended, and has set it again
	default:
		g.waiting = false
		g.queue.Add(reconcile.Request{NamespacedName: key})
		g.queue = nil
		g.timer.Reset(CountRest)
	}
}

// gathering is what is known of an object whose changes are gathered, or were a moment ago.
type gathering struct {
	// waiting is true from the first change, at began, until the count is due. Last is when the last change came.
	waiting          bool
	began, last, due time.Time

	queue requests
	timer *time.Timer
}

// note gathers a change.
func (g *gathering) note(now time.Time, delay time.Duration) {
	if !g.waiting {
		g.waiting, g.began = true, now
	}
	g.due = g.began.Add(delay)
	if !g.last.IsZero() && now.Sub(g.last) < CountRest {
		g.due = g.began.Add(max(delay, min(now.Add(CountRest).Sub(g.began), maxCountDelay)))
	}
	g.last = now
}
