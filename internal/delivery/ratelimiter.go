// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
)

// RateLimiter limits how fast messages are sent. It never blocks: an object gets a reservation, and comes again at its time.
// Reservations are made in the order in which they are requested, so a long list delays a short one by one reservation only.
type RateLimiter struct {
	limiter *rate.Limiter

	mu           sync.Mutex
	reservations map[types.NamespacedName]reservation
}

// reservation is a number of messages that may be sent from a time on.
type reservation struct {
	at       time.Time
	messages int
}

// reservationLife is how long an unused reservation is kept after its time.
const reservationLife = 10 * time.Minute

// NewRateLimiter returns a RateLimiter for perMinute messages a minute; zero: no limit.
func NewRateLimiter(perMinute int) *RateLimiter {
	l := &RateLimiter{reservations: map[types.NamespacedName]reservation{}}
	if perMinute > 0 {
		perSecond := float64(perMinute) / time.Minute.Seconds()
		l.limiter = rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(perSecond)))
	}
	return l
}

// Reserve returns how many of an object's messages may be sent now; zero: none before the returned wait is over.
func (l *RateLimiter) Reserve(key types.NamespacedName, messages int, now time.Time) (int, time.Duration) {
	if l.limiter == nil {
		return messages, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r, reserved := l.reservations[key]
	if !reserved {
		r.messages = min(messages, l.limiter.Burst())
		r.at = now.Add(l.limiter.ReserveN(now, r.messages).DelayFrom(now))
	}
	if wait := r.at.Sub(now); wait > 0 {
		l.dropUnused(now)
		l.reservations[key] = r
		return 0, wait
	}
	delete(l.reservations, key)
	return min(r.messages, messages), 0
}

// dropUnused drops the reservations of objects that did not come again, for example because they were deleted.
func (l *RateLimiter) dropUnused(now time.Time) {
	for key, r := range l.reservations {
		if now.Sub(r.at) > reservationLife {
			delete(l.reservations, key)
		}
	}
}
