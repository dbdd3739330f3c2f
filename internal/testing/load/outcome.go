// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kind is what kind of request it was.
type Kind string

// The kinds of requests.
const (
	Write Kind = "write"
	Page  Kind = "page"
	// Reference is a write that has nothing to do with Usher. How long it waits is what the machine and the API server take.
	Reference Kind = "reference"
)

// Request is a request that was made.
type Request struct {
	Kind Kind
	// What says what was done, such as "update OrgUser".
	What string
	// Due is when it began, and Answered when it was over.
	Due, Answered time.Time
	// Refusal is why it was not granted, or empty. A healthy installation refuses nothing that the load asks for.
	Refusal string
	// Unreached says that the refusal is the API server's own: it did not answer, or only that it cannot, and Usher was not involved.
	Unreached bool
}

// Wait returns how long the request took.
func (r Request) Wait() time.Duration { return r.Answered.Sub(r.Due) }

// outcome is how a request ended.
type outcome struct {
	what, refusal string
	unreached     bool
}

// judged returns the outcome of a write.
func judged(what string, err error) outcome {
	if err == nil {
		return outcome{what: what}
	}
	return outcome{what: what, refusal: err.Error(), unreached: unreached(err)}
}

// byUsher are words in the refusals for which Usher, or the way to it, is responsible: its webhooks and its admission policies.
var byUsher = []string{"webhook", "ValidatingAdmissionPolicy"}

// unreached reports whether an error is one of the API server itself. What names a webhook or a policy is not, and neither is what is
// wrong with the object or the state that it meets.
func unreached(err error) bool {
	for _, word := range byUsher {
		if strings.Contains(err.Error(), word) {
			return false
		}
	}
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return true
	}
	switch answer.Status().Reason {
	case metav1.StatusReasonNotFound, metav1.StatusReasonAlreadyExists, metav1.StatusReasonConflict, metav1.StatusReasonInvalid,
		metav1.StatusReasonBadRequest:
		return false
	default:
		return true
	}
}

// recorder collects requests. It is safe for concurrent use.
type recorder struct {
	mu       sync.Mutex
	requests []Request
}

func (r *recorder) record(kind Kind, due time.Time, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, Request{
		Kind: kind, What: o.what, Due: due, Answered: time.Now(), Refusal: o.refusal, Unreached: o.unreached,
	})
}

func (r *recorder) recorded() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.requests)
}
