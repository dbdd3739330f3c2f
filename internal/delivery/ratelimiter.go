// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math"
	"sync"
	"time"

	"github.com/usher-operator/usher/internal/delivery/budget"
)

// RateLimiter limits how fast the platform sends messages. It never blocks: an object gets a reservation, and comes again at its time.
// Reservations are met in turn, a tenant's and then an object's; see budget.Limiter.
type RateLimiter struct {
	mu      sync.Mutex
	limiter *budget.Limiter
}

// NewRateLimiter returns a RateLimiter for perMinute messages a minute; zero: no limit.
func NewRateLimiter(perMinute int) *RateLimiter {
	if perMinute <= 0 {
		return &RateLimiter{limiter: budget.NewLimiter(1)}
	}
	burst := int(math.Ceil(float64(perMinute) / time.Minute.Seconds()))
	return &RateLimiter{limiter: budget.NewLimiter(burst, budget.NewBucket(burst, time.Minute/time.Duration(perMinute)))}
}

// Reserve returns how many of an object's messages may be sent now; zero: none before the returned wait is over.
func (l *RateLimiter) Reserve(of budget.Requester, messages int, now time.Time) (int, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limiter.Reserve(of, messages, now)
}

// GiveBack gives back messages that were allowed and not sent.
func (l *RateLimiter) GiveBack(messages int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limiter.GiveBack(messages)
}
