// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// worthKeeping is which part of a budget must be used for it to be recorded: what is less is soon free again anyway.
	worthKeeping = 0.1
	// maxRecorded is how many budgets are recorded, those first of which most is used, so that they fit in one object.
	maxRecorded = 10000
)

// Record is what has to be known of a Ledger after a restart: when each budget that is in use will be free again, in Unix seconds.
type Record map[string]int64

// entry is a budget in use.
type entry struct {
	key  string
	full time.Time
	used float64
}

// Record returns the budgets in use. It forgets those that are not. Messages that objects wait for are not counted.
func (l *Ledger) Record(now time.Time) Record {
	var used []entry
	note := func(key string, b *Bucket) {
		if part := b.used(now); part >= worthKeeping {
			used = append(used, entry{key: key, full: b.full, used: part})
		}
	}
	for key, limiter := range l.organizations {
		inUse := limiter.Waiting() > 0
		for _, b := range limiter.buckets {
			note(bucketKey(key, b), b)
			inUse = inUse || b.full.After(now)
		}
		if !inUse {
			delete(l.organizations, key)
		}
	}
	for key, b := range l.destinations {
		note(key, b)
		if !b.full.After(now) {
			delete(l.destinations, key)
		}
	}
	slices.SortFunc(used, func(a, b entry) int { return cmp.Or(cmp.Compare(b.used, a.used), cmp.Compare(a.key, b.key)) })
	record := make(Record, len(used))
	for _, e := range used[:min(len(used), maxRecorded)] {
		record[e.key] = e.full.Unix()
	}
	return record
}

// Restore counts what a record says was sent before. What is counted already stays: of two times the later holds. A budget whose limit
// has changed since is at most used up.
func (l *Ledger) Restore(record Record, now time.Time) {
	for key, full := range record {
		b := l.bucketOf(key)
		if b == nil {
			continue // there is no such limit any more, or a newer version wrote it
		}
		until := time.Unix(full, 0)
		if latest := now.Add(time.Duration(b.limit.most) * b.interval); until.After(latest) {
			until = latest
		}
		if until.After(b.full) {
			b.full = until
		}
	}
}

// WithLimits returns a Ledger with other limits, towards which what was sent counts.
func (l *Ledger) WithLimits(limits Limits, now time.Time) *Ledger {
	next := NewLedger(limits)
	for key := range l.Record(now) {
		before, after := l.bucketOf(key), next.bucketOf(key)
		if before == nil || after == nil {
			continue // there is no such limit any more
		}
		sent := min(float64(before.full.Sub(now))/float64(before.interval), float64(after.limit.most))
		after.full = now.Add(time.Duration(sent * float64(after.interval)))
	}
	return next
}

// bucketOf returns the bucket of a record's key; nil: there is none.
func (l *Ledger) bucketOf(key string) *Bucket {
	parts := strings.Split(key, "/")
	stream := Stream(parts[0])
	if _, known := nouns[stream]; !known || len(parts) < 2 {
		return nil
	}
	if len(parts) == 2 {
		b := l.destinations[key]
		if b == nil {
			if b = newBucket(l.limits.ofDestination(stream)); b != nil {
				l.destinations[key] = b
			}
		}
		return b
	}
	limiter := l.organization(parts[1], stream)
	place := slices.IndexFunc(limiter.buckets, func(b *Bucket) bool { return bucketKey(string(stream)+"/"+parts[1], b) == key })
	if place < 0 {
		return nil
	}
	return limiter.buckets[place]
}

// bucketKey returns the key of an organization's bucket: that of the organization's limiter, with the hours of the limit.
func bucketKey(limiter string, b *Bucket) string {
	return limiter + "/" + strconv.Itoa(int(b.limit.per/time.Hour))
}
