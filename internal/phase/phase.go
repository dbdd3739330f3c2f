// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package phase runs the phases of a reconciler's pass.
package phase

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/requeue"
)

// Func is one phase of a pass over a scope. It returns how long until another pass is due even if nothing changes; zero: none is.
type Func[S any] func(ctx context.Context, scope S) (time.Duration, error)

// Run runs all phases of a pass over a primary object in order. A phase that fails does not keep the others from their work. Run
// returns the lowest wait, and all failures together. A transient error is no failure. If no other pass follows from it, the wait says
// when to repeat this one: see requeue.Split.
func Run[S any](ctx context.Context, primary client.Object, scope S, phases ...Func[S]) (time.Duration, error) {
	var lowest time.Duration
	var failures []error
	for _, run := range phases {
		wait, err := run(ctx, scope)
		repeat, failure := requeue.Split(primary, err)
		failures = append(failures, failure)
		lowest = attempt.Lowest(attempt.Lowest(lowest, wait), repeat)
	}
	return lowest, errors.Join(failures...)
}
