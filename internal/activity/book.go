// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	// precision is that of the times in a status (RFC 3339 without fractions).
	precision = time.Second
	// maxAttempts bounds how often one movement is tried. The person's next request is noted anew.
	maxAttempts = 5
)

// person is the key of an OrgUser.
type person = types.NamespacedName

// sighting is a request of a person.
type sighting struct {
	at       time.Time
	attempts int
}

// book keeps who was seen and waits to be written, and of whom nothing needs to be known for a while. It is bounded, has
// no clock and is not safe for concurrent use.
type book struct {
	capacity int

	waiting map[person]sighting
	// queue has those who wait, who was seen first in front.
	queue []person
	// taken is who is being written: what is seen of that person meanwhile adds nothing.
	taken person
	// quiet says until when a person's requests would move nothing.
	quiet map[person]time.Time
	// dropped counts the requests that there was no room for.
	dropped int
}

func newBook(capacity int) *book {
	return &book{capacity: capacity, waiting: map[person]sighting{}, quiet: map[person]time.Time{}}
}

// note takes a request down and tells whether somebody new waits.
func (b *book) note(who person, at time.Time) bool {
	if who == b.taken || at.Before(b.quiet[who]) {
		return false
	}
	if known, waits := b.waiting[who]; waits {
		if at.After(known.at) {
			known.at = at
			b.waiting[who] = known
		}
		return false
	}
	delete(b.quiet, who) // it is over
	if len(b.waiting)+len(b.quiet) >= b.capacity {
		b.dropped++
		return false
	}
	b.enqueue(who, sighting{at: at})
	return true
}

func (b *book) enqueue(who person, s sighting) {
	b.waiting[who] = s
	b.queue = append(b.queue, who)
}

// next takes who has waited longest.
func (b *book) next() (person, sighting, bool) {
	if len(b.queue) == 0 {
		return person{}, sighting{}, false
	}
	who := b.queue[0]
	b.queue = b.queue[1:]
	s := b.waiting[who]
	delete(b.waiting, who)
	b.taken = who
	return who, s, true
}

// done ends with the person that was taken: nothing moves before a time, which is zero for somebody who is not active.
func (b *book) done(until time.Time) {
	if !until.IsZero() {
		b.quiet[b.taken] = until
	}
	b.taken = person{}
}

// again puts the person that was taken back, unless that has happened often enough; then it gives false.
func (b *book) again(s sighting) bool {
	who := b.taken
	b.taken = person{}
	if s.attempts++; s.attempts >= maxAttempts {
		return false
	}
	b.enqueue(who, s)
	return true
}

// sweep forgets what is over, and tells how many requests there was no room for since it was last asked.
func (b *book) sweep(now time.Time) int {
	for who, until := range b.quiet {
		if !now.Before(until) {
			delete(b.quiet, who)
		}
	}
	dropped := b.dropped
	b.dropped = 0
	return dropped
}

// move moves a person's last activity to a time, forward only and an interval or more, and tells whether it did. Until
// the time that it gives nothing moves it further; zero: the person is not active, or has not accepted.
func move(s *v1alpha1.OrgUserStatus, at time.Time, interval time.Duration) (until time.Time, moved bool) {
	if s.State != v1alpha1.UserActive || s.LastActive == "" || s.LastActive == v1alpha1.LastActivePending {
		return time.Time{}, false
	}
	at = at.UTC().Truncate(precision)
	// A time that cannot be read counts as long ago.
	if last, err := time.Parse(time.RFC3339, s.LastActive); err == nil && at.Before(last.Add(interval)) {
		return last.Add(interval), false
	}
	s.LastActive = at.Format(time.RFC3339)
	return at.Add(interval), true
}
