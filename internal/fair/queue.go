// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package fair orders what tenants queue, so that none waits for all that another has queued. It is pure.
package fair

import "slices"

// Queue is a queue of items of tenants. Of the highest priority that waits, each tenant in turn gets one item, its oldest. So an item
// waits for all that is more urgent, and for at most one item of each other tenant for each of its own tenant's that is older. It is
// not safe for concurrent use.
type Queue[T comparable] struct {
	levels map[int]*level[T]
	// priorities are those that have items, highest first.
	priorities []int
	items      map[T]position
}

type position struct {
	tenant   string
	priority int
}

// level is the items of one priority.
type level[T comparable] struct {
	// turns are the tenants that have items, in the order of their turns.
	turns []string
	lines map[string][]T
}

// Push adds an item. An item that is queued stays where it is, unless the new priority is higher: then it is moved there.
func (q *Queue[T]) Push(item T, tenant string, priority int) {
	if at, queued := q.items[item]; queued {
		if at.priority >= priority {
			return
		}
		q.remove(item, at)
	}
	if q.items == nil {
		q.items, q.levels = map[T]position{}, map[int]*level[T]{}
	}
	l := q.levels[priority]
	if l == nil {
		l = &level[T]{lines: map[string][]T{}}
		q.levels[priority] = l
		q.priorities = append(q.priorities, priority)
		slices.SortFunc(q.priorities, func(a, b int) int { return b - a })
	}
	if len(l.lines[tenant]) == 0 {
		l.turns = append(l.turns, tenant)
	}
	l.lines[tenant] = append(l.lines[tenant], item)
	q.items[item] = position{tenant: tenant, priority: priority}
}

// Pop removes and returns the next item and its priority; false: the queue is empty.
func (q *Queue[T]) Pop() (item T, priority int, ok bool) {
	if len(q.items) == 0 {
		return item, 0, false
	}
	priority = q.priorities[0]
	l := q.levels[priority]
	tenant := l.turns[0]
	item = l.lines[tenant][0]
	q.drop(priority, tenant, 0)
	delete(q.items, item)
	return item, priority, true
}

// Len returns how many items are queued.
func (q *Queue[T]) Len() int { return len(q.items) }

// Remove removes an item, and reports whether it was queued.
func (q *Queue[T]) Remove(item T) bool {
	at, queued := q.items[item]
	if queued {
		q.remove(item, at)
	}
	return queued
}

func (q *Queue[T]) remove(item T, at position) {
	q.drop(at.priority, at.tenant, slices.Index(q.levels[at.priority].lines[at.tenant], item))
	delete(q.items, item)
}

// drop takes the n-th item out of a tenant's line. If it was the tenant's turn, its next one comes after those of all others.
func (q *Queue[T]) drop(priority int, tenant string, n int) {
	l := q.levels[priority]
	line := l.lines[tenant]
	if n == 0 {
		line[0] = *new(T) // the array must not keep what is gone
		line = line[1:]
	} else {
		line = slices.Delete(line, n, n+1)
	}
	l.lines[tenant] = line
	if turn := slices.Index(l.turns, tenant); turn == 0 || len(line) == 0 {
		l.turns = slices.Delete(l.turns, turn, turn+1)
		if len(line) > 0 {
			l.turns = append(l.turns, tenant)
		} else {
			delete(l.lines, tenant)
		}
	}
	if len(l.turns) == 0 {
		delete(q.levels, priority)
		q.priorities = slices.DeleteFunc(q.priorities, func(p int) bool { return p == priority })
	}
}
