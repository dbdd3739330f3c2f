// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"
	"time"
)

// Requester is who asks for messages: an object of a tenant.
type Requester struct {
	// Tenant is the organization, and Object identifies the object among the tenant's.
	Tenant, Object string
	// Urgent is true for messages that somebody waits for in front of a page. They come before all others.
	Urgent bool
}

// staleAfter is how long a reservation is kept after its time if its object does not come again, for example because it was deleted.
const staleAfter = time.Minute

// reservation is a number of messages for which an object waits.
type reservation struct {
	requester Requester
	messages  int
	// due is when the object was told to come again.
	due time.Time
}

// Limiter shares the tokens of its buckets out. It never blocks: an object that has to wait gets a reservation and a time, and comes
// again then. Urgent messages come first. Then reservations are met in turn: one of each tenant that waits, and of a tenant the
// object that has waited longest. So a tenant with ten thousand objects delays one with a single object by one reservation only, and so
// does a long list a short one. It is not safe for concurrent use.
type Limiter struct {
	buckets []*Bucket
	// chunk is how many messages a reservation is for at most.
	chunk        int
	reservations map[Requester]*reservation
	// lines are the reservations of each tenant in order, and tenants those that have any, in the order of their turns: the urgent
	// ones apart.
	urgent, usual queue
	// swept is when stale reservations were last looked for.
	swept time.Time
}

// queue is the reservations of one urgency.
type queue struct {
	tenants []string
	lines   map[string][]*reservation
}

// NewLimiter returns a Limiter with the buckets; none: there is no limit. An object that has to wait waits for up to chunk messages.
func NewLimiter(chunk int, buckets ...*Bucket) *Limiter {
	l := &Limiter{chunk: max(chunk, 1), reservations: map[Requester]*reservation{}}
	l.urgent.lines, l.usual.lines = map[string][]*reservation{}, map[string][]*reservation{}
	for _, b := range buckets {
		if b != nil {
			l.buckets = append(l.buckets, b)
			l.chunk = min(l.chunk, b.limit.most)
		}
	}
	return l
}

// Reserve returns how many messages the requester may send now; zero: none before the returned wait is over. It gets fewer than it
// asks for only if that many are at least a reservation.
func (l *Limiter) Reserve(r Requester, messages int, now time.Time) (int, time.Duration) {
	if len(l.buckets) == 0 {
		return messages, 0
	}
	l.dropStale(now)
	own := l.reservations[r]
	if own == nil {
		own = &reservation{requester: r}
		l.reservations[r] = own
		l.queueOf(r).add(own)
	}
	own.messages = min(messages, l.chunk)
	ahead := l.ahead(own)
	if wait := l.until(ahead+own.messages, now); wait > 0 {
		own.due = now.Add(wait)
		return 0, wait
	}
	l.remove(own)
	allowed := min(messages, l.left(now)-ahead)
	for _, b := range l.buckets {
		b.take(allowed, now)
	}
	return allowed, 0
}

// GiveBack gives back messages that were allowed and not sent.
func (l *Limiter) GiveBack(messages int) {
	for _, b := range l.buckets {
		b.giveBack(messages)
	}
}

// Waiting returns how many objects wait.
func (l *Limiter) Waiting() int { return len(l.reservations) }

// scarcest returns the bucket for which n messages have to wait longest.
func (l *Limiter) scarcest(n int, now time.Time) *Bucket {
	return slices.MaxFunc(l.buckets, func(a, b *Bucket) int { return int(a.until(n, now) - b.until(n, now)) })
}

func (l *Limiter) until(n int, now time.Time) time.Duration { return l.scarcest(n, now).until(n, now) }

func (l *Limiter) left(now time.Time) int {
	least := l.buckets[0].left(now)
	for _, b := range l.buckets[1:] {
		least = min(least, b.left(now))
	}
	return least
}

func (l *Limiter) queueOf(r Requester) *queue {
	if r.Urgent {
		return &l.urgent
	}
	return &l.usual
}

// ahead returns the messages of the reservations that are met before one.
func (l *Limiter) ahead(r *reservation) int {
	if r.requester.Urgent {
		return l.urgent.before(r)
	}
	all := 0
	for _, line := range l.urgent.lines {
		all += messagesOf(line)
	}
	return all + l.usual.before(r)
}

// dropStale drops the reservations of objects that did not come again.
func (l *Limiter) dropStale(now time.Time) {
	if since := now.Sub(l.swept); since >= 0 && since < time.Second {
		return
	}
	l.swept = now
	for _, r := range l.reservations {
		if now.Sub(r.due) > staleAfter {
			l.remove(r)
		}
	}
}

func (l *Limiter) remove(r *reservation) {
	delete(l.reservations, r.requester)
	l.queueOf(r.requester).remove(r)
}

func (q *queue) add(r *reservation) {
	tenant := r.requester.Tenant
	if len(q.lines[tenant]) == 0 {
		q.tenants = append(q.tenants, tenant)
	}
	q.lines[tenant] = append(q.lines[tenant], r)
}

// remove ends a reservation. If the tenant has more, its next turn comes after those of all others.
func (q *queue) remove(r *reservation) {
	tenant := r.requester.Tenant
	line := slices.DeleteFunc(q.lines[tenant], func(other *reservation) bool { return other == r })
	q.tenants = slices.DeleteFunc(q.tenants, func(other string) bool { return other == tenant })
	if len(line) == 0 {
		delete(q.lines, tenant)
		return
	}
	q.lines[tenant] = line
	q.tenants = append(q.tenants, tenant)
}

// before returns the messages of the reservations of this queue that are met before one: as many of each tenant as the own tenant has
// before it, and one more of those whose turn is sooner.
func (q *queue) before(r *reservation) int {
	own := q.lines[r.requester.Tenant]
	place, all, sooner := slices.Index(own, r), 0, 1
	for _, tenant := range q.tenants {
		line := q.lines[tenant]
		if tenant == r.requester.Tenant {
			all += messagesOf(line[:place])
			sooner = 0
			continue
		}
		all += messagesOf(line[:min(len(line), place+sooner)])
	}
	return all
}

func messagesOf(line []*reservation) int {
	all := 0
	for _, r := range line {
		all += r.messages
	}
	return all
}
