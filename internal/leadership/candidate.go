// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package leadership

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// candidate is the manager of a term. It runs from the candidacy on, and warms up its controllers, which wait for the election.
type candidate struct {
	manager.Manager

	elected <-chan struct{}
}

// Candidate returns mgr, in which whatever needs leader election starts once elected is closed. The manager's own leader election has to
// be off: a manager can lead once only, and ends when it has lost its lease.
func Candidate(mgr manager.Manager, elected <-chan struct{}) manager.Manager {
	return candidate{mgr, elected}
}

// Add adds a runnable, which waits for the election if it needs to.
func (c candidate) Add(r manager.Runnable) error {
	if e, ok := r.(manager.LeaderElectionRunnable); ok && !e.NeedLeaderElection() {
		return c.Manager.Add(r)
	}
	return c.Manager.Add(waiting{r, c.elected})
}

// waiting is a runnable that starts once elected is closed.
type waiting struct {
	manager.Runnable

	elected <-chan struct{}
}

// Start waits for the election, then runs until ctx ends.
func (w waiting) Start(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-w.elected:
		return w.Runnable.Start(ctx)
	}
}

// Warmup prepares the runnable for the election, if it can be.
func (w waiting) Warmup(ctx context.Context) error {
	if r, ok := w.Runnable.(interface {
		Warmup(ctx context.Context) error
	}); ok {
		return r.Warmup(ctx)
	}
	return nil
}
