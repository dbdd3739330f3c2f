// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is what happened under a load.
type Result struct {
	// Began and Stopped are when the load was put on and taken off.
	Began, Stopped time.Time
	// Requests are in the order in which they were answered.
	Requests []Request
}

// Of returns the requests of a kind.
func (r Result) Of(kind Kind) Result {
	return r.filter(func(q Request) bool { return q.Kind == kind })
}

// Refused returns the requests that were refused, without those that did not reach Usher because of the API server.
func (r Result) Refused() Result {
	return r.filter(func(q Request) bool { return q.Refusal != "" && !q.Unreached })
}

// Called returns the requests of a name, such as "update OrgUser".
func (r Result) Called(name string) Result {
	return r.filter(func(q Request) bool { return q.What == name })
}

// Failed returns the requests that were not granted, whoever is responsible.
func (r Result) Failed() Result {
	return r.filter(func(q Request) bool { return q.Refusal != "" })
}

// Unreached returns the requests that the API server itself did not take.
func (r Result) Unreached() Result {
	return r.filter(func(q Request) bool { return q.Unreached })
}

// Outside returns the requests that were over before one moment or began after another.
func (r Result) Outside(from, to time.Time) Result {
	return r.filter(func(q Request) bool { return q.Answered.Before(from) || q.Due.After(to) })
}

// Span returns when the first of the requests began, and when the last one was answered.
func (r Result) Span() (from, to time.Time) {
	for _, q := range r.Requests {
		if from.IsZero() || q.Due.Before(from) {
			from = q.Due
		}
		if q.Answered.After(to) {
			to = q.Answered
		}
	}
	return from, to
}

// Granted returns the requests that were granted.
func (r Result) Granted() Result {
	return r.filter(func(q Request) bool { return q.Refusal == "" })
}

func (r Result) filter(keep func(Request) bool) Result {
	kept := Result{Began: r.Began, Stopped: r.Stopped}
	for _, q := range r.Requests {
		if keep(q) {
			kept.Requests = append(kept.Requests, q)
		}
	}
	return kept
}

// Count returns the number of requests.
func (r Result) Count() int { return len(r.Requests) }

// Rate returns how many requests began in a second.
func (r Result) Rate() float64 { return float64(len(r.Requests)) / r.Stopped.Sub(r.Began).Seconds() }

// LongestWait returns the longest wait for an answer.
func (r Result) LongestWait() time.Duration {
	var longest time.Duration
	for _, q := range r.Requests {
		longest = max(longest, q.Wait())
	}
	return longest
}

// MedianWait returns the wait that half of the requests did not exceed.
func (r Result) MedianWait() time.Duration {
	if len(r.Requests) == 0 {
		return 0
	}
	waits := make([]time.Duration, 0, len(r.Requests))
	for _, q := range r.Requests {
		waits = append(waits, q.Wait())
	}
	slices.Sort(waits)
	return waits[len(waits)/2]
}

// String lists the requests with their refusals, for the message of a test that fails.
func (r Result) String() string {
	var b strings.Builder
	for _, q := range r.Requests {
		due, wait := q.Due.Format("15:04:05.000"), q.Wait().Round(time.Millisecond)
		fmt.Fprintf(&b, "%s: %s: %s after %v: %s\n", due, q.Kind, q.What, wait, q.Refusal)
	}
	return b.String()
}
