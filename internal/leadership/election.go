// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package leadership has one of several replicas act, in terms: a replica whose lease is lost stops acting, goes on with everything
// else that it does, and is a candidate again.
package leadership

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// Timing is when a lease is lost.
type Timing struct {
	// Lease is how long others wait for a leader that was killed.
	Lease time.Duration
	// Renew is how long a leader that cannot renew its lease goes on. It is shorter than the lease, so that a term has time to end before
	// another one begins.
	Renew time.Duration
	// Retry is how often the leader renews its lease, and how often the others look at it.
	Retry time.Duration
}

// DefaultTiming returns the timing with which another replica leads within 15 s of the end of a leader that was killed: the lease, and
// twice the time between two looks at it, which varies (OPS-3). It is shorter than the usual one, because a lease that is lost costs a
// term and not a process.
func DefaultTiming() Timing {
	return Timing{Lease: 10 * time.Second, Renew: 7 * time.Second, Retry: time.Second}
}

// Election has one of the replicas that share a lock act (OPS-3). It is a manager.Runnable.
type Election struct {
	name   string
	lock   resourcelock.Interface
	timing Timing
	term   Term
	leads  atomic.Bool
}

// Term runs from the candidacy on until ctx ends: because the lease is lost, or because the replica stops. It acts once elected is closed,
// and whatever it leaves running when it returns acts without a lease. If it fails, the replica ends.
type Term func(ctx context.Context, elected <-chan struct{}) error

// NewElection returns an election in which the holder of the lock acts. Without a lock, the replica acts as long as it runs.
func NewElection(name string, lock resourcelock.Interface, timing Timing, term Term) *Election {
	return &Election{name: name, lock: lock, timing: timing, term: term}
}

// Leads reports whether this replica acts.
func (e *Election) Leads() bool { return e.leads.Load() }

// NeedLeaderElection is false: every replica is a candidate.
func (*Election) NeedLeaderElection() bool { return false }

// Start is a candidate until ctx ends. It returns the error of a term.
func (e *Election) Start(ctx context.Context) error {
	if e.lock == nil {
		elected := make(chan struct{})
		e.elect(elected)
		return e.term(ctx, elected)
	}
	for ctx.Err() == nil {
		if err := e.campaign(ctx); err != nil {
			return err
		}
	}
	return nil
}

// campaign runs a term, and tells it when the lease is won. A leader that stops releases the lease after its term, so that another one
// goes on at once.
func (e *Election) campaign(ctx context.Context) error {
	elected := make(chan struct{})
	term, end := context.WithCancel(ctx)
	defer end()
	elector, err := leaderelection.NewLeaderElector(e.config(
		func(lease context.Context) {
			e.elect(elected)
			context.AfterFunc(lease, end)
		}))
	if err != nil {
		return fmt.Errorf("cannot take part in the election of a leader: %w", err)
	}
	// The lease outlives ctx: it is released when the term has ended.
	candidacy, withdraw := context.WithCancel(logr.NewContext(context.WithoutCancel(ctx), log.FromContext(ctx).WithName("leader-election")))
	var candidate sync.WaitGroup
	candidate.Go(func() { elector.Run(candidacy) })
	err = e.term(term, elected)
	e.leads.Store(false)
	withdraw()
	candidate.Wait()
	if err == nil && ctx.Err() == nil {
		log.FromContext(ctx).Info("the lease is lost: this replica goes on serving and is a candidate again", "lease", e.lock.Describe())
	}
	return err
}

func (e *Election) elect(elected chan<- struct{}) {
	e.leads.Store(true)
	close(elected)
}

func (e *Election) config(won func(lease context.Context)) leaderelection.LeaderElectionConfig {
	return leaderelection.LeaderElectionConfig{
		Name: e.name, Lock: e.lock, ReleaseOnCancel: true,
		LeaseDuration: e.timing.Lease, RenewDeadline: e.timing.Renew, RetryPeriod: e.timing.Retry,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: won, OnStoppedLeading: func() {}},
	}
}
