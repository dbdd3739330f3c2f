// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package breaker is a circuit breaker: it holds back the calls to a service for a while after one has failed, so that a service that
// is down is tried now and then, and not by every call.
package breaker

import (
	"sync"
	"time"
)

const (
	// firstHold is how long calls are held back after the first failure. It doubles with each further one, up to maxHold.
	firstHold = time.Second
	maxHold   = time.Minute
	// doublings are enough to exceed maxHold.
	doublings = 6
)

// Breaker guards one service. The zero value lets calls through. It is safe for concurrent use and must not be copied.
type Breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time
	cause    error
}

// Open returns until when no call may be made, and the failure that is the cause; nil: calls may be made.
func (b *Breaker) Open(now time.Time) (until time.Time, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.until) {
		return b.until, b.cause
	}
	return time.Time{}, nil
}

// Failing reports whether no call has succeeded since the last failure.
func (b *Breaker) Failing() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures > 0
}

// Record records the outcome of a call; nil: it succeeded. Of several calls that fail together, one counts.
func (b *Breaker) Record(now time.Time, failure error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if failure == nil {
		b.failures, b.until, b.cause = 0, time.Time{}, nil
		return
	}
	b.cause = failure
	if now.Before(b.until) {
		return
	}
	b.until = now.Add(min(firstHold<<min(b.failures, doublings), maxHold))
	b.failures++
}
