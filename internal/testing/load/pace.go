// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"sync"
	"time"
)

// group is a number of goroutines.
type group struct{ all sync.WaitGroup }

func (g *group) run(f func()) { g.all.Go(f) }

func (g *group) wait() { g.all.Wait() }

// atRate returns a pace of that many requests in a second.
func atRate(rate float64) func(context.Context, func(due time.Time)) {
	return func(ctx context.Context, request func(due time.Time)) { pace(ctx, rate, request) }
}

// oneByOne begins a request when the former one is over, until ctx ends.
func oneByOne(ctx context.Context, request func(due time.Time)) {
	for ctx.Err() == nil {
		request(time.Now())
	}
}

// pace begins one request after another, rate of them in a second, until ctx ends, and returns when all are over. It does not wait for one
// before it begins the next.
func pace(ctx context.Context, rate float64, request func(due time.Time)) {
	if rate <= 0 {
		return
	}
	var open group
	defer open.wait()
	interval := time.Duration(float64(time.Second) / rate)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for due := time.Now(); ; due = due.Add(interval) {
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		open.run(func() { request(due) })
	}
}

// sequence counts. It is safe for concurrent use.
type sequence struct {
	mu   sync.Mutex
	last int
}

func (s *sequence) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	return s.last
}

// queue holds the names of objects in the order in which they were created. It is safe for concurrent use.
type queue struct {
	mu    sync.Mutex
	names []string
}

func (q *queue) add(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.names = append(q.names, name)
}

// take removes the oldest name, unless there are no more than keep.
func (q *queue) take(keep int) (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.names) <= keep {
		return "", false
	}
	name := q.names[0]
	q.names = q.names[1:]
	return name, true
}
