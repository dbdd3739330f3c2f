// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// maxAttempts is how often an update is attempted. After that, the person's next request starts a new update.
const maxAttempts = 5

// person is the key of an OrgUser.
type person = types.NamespacedName

// update is an update of a person's last activity that is to be written.
type update struct {
	at       time.Time
	attempts int
}

// updateQueue is a bounded queue of updates, at most one per person. Once an update is written, it ignores the person's requests
// until another one would be due. It has no clock and is not safe for concurrent use.
type updateQueue struct {
	capacity int

	pending map[person]update
	// order contains the people with a pending update, in the order in which they were added.
	order []person
	// inProgress is the person whose update is being written. Their requests in the meantime add nothing.
	inProgress person
	// ignored contains the time until which a person's requests would change nothing.
	ignored map[person]time.Time
	// dropped counts the requests for which there was no room.
	dropped int
}

func newUpdateQueue(capacity int) *updateQueue {
	return &updateQueue{capacity: capacity, pending: map[person]update{}, ignored: map[person]time.Time{}}
}

// add records a request. It reports whether the queue contains a person whom it did not contain before.
func (q *updateQueue) add(who person, at time.Time) bool {
	if who == q.inProgress || at.Before(q.ignored[who]) {
		return false
	}
	if u, ok := q.pending[who]; ok {
		if at.After(u.at) {
			u.at = at
			q.pending[who] = u
		}
		return false
	}
	delete(q.ignored, who) // its time is over
	if len(q.pending)+len(q.ignored) >= q.capacity {
		q.dropped++
		return false
	}
	q.push(who, update{at: at})
	return true
}

func (q *updateQueue) push(who person, u update) {
	q.pending[who] = u
	q.order = append(q.order, who)
}

// next removes the oldest update and returns it. The caller has to call done or retry before it calls next again.
func (q *updateQueue) next() (person, update, bool) {
	if len(q.order) == 0 {
		return person{}, update{}, false
	}
	who := q.order[0]
	q.order = q.order[1:]
	u := q.pending[who]
	delete(q.pending, who)
	q.inProgress = who
	return who, u, true
}

// done ends the update in progress. The person's requests are ignored until a time; zero: they are not, because the person is not
// active.
func (q *updateQueue) done(until time.Time) {
	if !until.IsZero() {
		q.ignored[q.inProgress] = until
	}
	q.inProgress = person{}
}

// retry adds the update in progress again. It returns false if the update was attempted too often.
func (q *updateQueue) retry(u update) bool {
	who := q.inProgress
	q.inProgress = person{}
	if u.attempts++; u.attempts >= maxAttempts {
		return false
	}
	q.push(who, u)
	return true
}

// prune drops ignored people whose time is over. It returns the number of requests dropped since the last call.
func (q *updateQueue) prune(now time.Time) int {
	for who, until := range q.ignored {
		if !now.Before(until) {
			delete(q.ignored, who)
		}
	}
	dropped := q.dropped
	q.dropped = 0
	return dropped
}
