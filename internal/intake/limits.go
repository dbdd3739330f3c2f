// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"container/list"
	"sync"
	"time"
)

// maxKeys bounds the memory of a limiter: about 200 bytes a key.
const maxKeys = 20000

// limiter lets so many things an hour happen for each key: all at once, or one after the other. What comes to nothing is
// given back, so that who tries again is not counted again. The keys seen least recently are forgotten.
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

// take tells whether one more is within the limit, and counts it if so.
func (l *limiter) take(key string, now time.Time) bool {
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

// giveBack takes one back from the count.
func (l *limiter) giveBack(key string, now time.Time) {
	if l.perHour <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key, now)
	b.left = min(b.left+1, float64(l.perHour))
}

func (l *limiter) bucket(key string, now time.Time) *bucket {
	if element, known := l.keys[key]; known {
		l.seen.MoveToFront(element)
		b := element.Value.(*bucket) //nolint:forcetypeassert // the list holds nothing else
		b.left = min(b.left+now.Sub(b.at).Hours()*float64(l.perHour), float64(l.perHour))
		b.at = now
		return b
	}
	if l.seen.Len() >= maxKeys {
		oldest := l.seen.Back()
		delete(l.keys, l.seen.Remove(oldest).(*bucket).key) //nolint:forcetypeassert // the list holds nothing else
	}
	b := &bucket{key: key, left: float64(l.perHour), at: now}
	l.keys[key] = l.seen.PushFront(b)
	return b
}

// claim is one count in a limiter, and what is said when there is none left.
type claim struct {
	limiter *limiter
	key     string
	over    answer
}

// claimAll counts in all limiters or in none; nil: all of them have room.
func claimAll(claims []claim, now time.Time) *answer {
	for n, c := range claims {
		if !c.limiter.take(c.key, now) {
			giveAllBack(claims[:n], now)
			return &c.over
		}
	}
	return nil
}

func giveAllBack(claims []claim, now time.Time) {
	for _, c := range claims {
		c.limiter.giveBack(c.key, now)
	}
}
