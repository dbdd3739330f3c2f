// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"container/list"
	"sync"
	"time"
)

// maxKeys bounds the memory of a limiter: about 200 bytes per key.
const maxKeys = 20000

// limiter is a rate limiter with a token bucket per key, which allows a number of things per hour, in a burst or spread out. What
// fails is cancelled, so that it does not count again when it is retried. The least recently seen keys are dropped.
type limiter struct {
	perHour int

	mu   sync.Mutex
	keys map[string]*list.Element
	seen *list.List
}

type bucket struct {
	key  string
	left float64
	at   time.Time
}

func newLimiter(perHour int) *limiter {
	return &limiter{perHour: perHour, keys: map[string]*list.Element{}, seen: list.New()}
}

// reserve reports whether one more is within the limit, and counts it if so.
func (l *limiter) reserve(key string, now time.Time) bool {
	if l.perHour <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key, now)
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// cancel undoes a reserve.
func (l *limiter) cancel(key string, now time.Time) {
	if l.perHour <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key, now)
	b.left = min(b.left+1, float64(l.perHour))
}

// bucket returns the bucket of a key as it is at a time.
func (l *limiter) bucket(key string, now time.Time) *bucket {
	if element, known := l.keys[key]; known {
		l.seen.MoveToFront(element)
		b := element.Value.(*bucket) //nolint:forcetypeassert // the list contains nothing else
		b.left = min(b.left+now.Sub(b.at).Hours()*float64(l.perHour), float64(l.perHour))
		b.at = now
		return b
	}
	if l.seen.Len() >= maxKeys {
		oldest := l.seen.Back()
		delete(l.keys, l.seen.Remove(oldest).(*bucket).key) //nolint:forcetypeassert // the list contains nothing else
	}
	b := &bucket{key: key, left: float64(l.perHour), at: now}
	l.keys[key] = l.seen.PushFront(b)
	return b
}

// reservation is what counts towards one limit, and the reply if the limit is exceeded.
type reservation struct {
	limiter  *limiter
	key      string
	exceeded reply
}

// reserveAll reserves in all limiters or in none. It returns the reply of the first limit that is exceeded.
func reserveAll(reservations []reservation, now time.Time) *reply {
	for n, r := range reservations {
		if !r.limiter.reserve(r.key, now) {
			cancelAll(reservations[:n], now)
			return &r.exceeded
		}
	}
	return nil
}

func cancelAll(reservations []reservation, now time.Time) {
	for _, r := range reservations {
		r.limiter.cancel(r.key, now)
	}
}
