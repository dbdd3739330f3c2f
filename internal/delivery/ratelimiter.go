// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math"
	"sync"
	"time"

	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/live"
)

// RateLimiter limits how fast the platform sends messages. It never blocks: an object gets a reservation, and comes again at its time.
// Reservations are met in turn, a tenant's and then an object's; see budget.Limiter.
type RateLimiter struct {
	rate live.Value[int]

	mu      sync.Mutex
	builtOf int
	limiter *budget.Limiter
}

// NewRateLimiter returns a RateLimiter for messages a minute; zero: no limit. With another rate, reservations start anew: objects come
// again, and get others.
func NewRateLimiter(perMinute live.Value[int]) *RateLimiter {
	rate := perMinute.Load()
	return &RateLimiter{rate: perMinute, builtOf: rate, limiter: newLimiter(rate)}
}

func newLimiter(perMinute int) *budget.Limiter {
	if perMinute <= 0 {
		return budget.NewLimiter(1)
	}
	burst := int(math.Ceil(float64(perMinute) / time.Minute.Seconds()))
	return budget.NewLimiter(burst, budget.NewBucket(burst, time.Minute/time.Duration(perMinute)))
}

// Reserve returns how many of an object's messages may be sent now; zero: none before the returned wait is over.
func (l *RateLimiter) Reserve(of budget.Requester, messages int, now time.Time) (int, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rate := l.rate.Load(); rate != l.builtOf {
		l.builtOf, l.limiter = rate, newLimiter(rate)
	}
	return l.limiter.Reserve(of, messages, now)
}

// GiveBack gives back messages that were allowed and not sent.
func (l *RateLimiter) GiveBack(messages int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limiter.GiveBack(messages)
}
