// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package budget

import "time"

// Bucket is a token bucket. All of its state is the time at which it will be full again, so it is small to keep.
type Bucket struct {
	limit    limit
	interval time.Duration
	// full is when the bucket is full again; in the past: it is full.
	full time.Time
}

// newBucket returns a full bucket; nil: there is no limit.
func newBucket(l limit) *Bucket {
	if l.most <= 0 {
		return nil
	}
	return &Bucket{limit: l, interval: l.per / time.Duration(l.most)}
}

// NewBucket returns a full bucket of most tokens, of which one comes back every interval.
func NewBucket(most int, interval time.Duration) *Bucket {
	return &Bucket{limit: limit{most: most}, interval: interval}
}

// left returns how many tokens there are.
func (b *Bucket) left(now time.Time) int {
	used := max(b.full.Sub(now), 0)
	return max(b.limit.most-int((used+b.interval-1)/b.interval), 0)
}

// take takes tokens, more than there are if need be.
func (b *Bucket) take(n int, now time.Time) {
	if b.full.Before(now) {
		b.full = now
	}
	b.full = b.full.Add(time.Duration(n) * b.interval)
}

// giveBack gives back tokens that were taken and not used.
func (b *Bucket) giveBack(n int) { b.full = b.full.Add(-time.Duration(n) * b.interval) }

// until returns how long until there are n tokens, or would be if the bucket were large enough.
func (b *Bucket) until(n int, now time.Time) time.Duration {
	full := b.full
	if full.Before(now) {
		full = now
	}
	return max(full.Sub(now)-time.Duration(b.limit.most-n)*b.interval, 0)
}

// used returns which part of the bucket is used, from 0 to 1 and above.
func (b *Bucket) used(now time.Time) float64 {
	return float64(b.full.Sub(now)) / float64(time.Duration(b.limit.most)*b.interval)
}
