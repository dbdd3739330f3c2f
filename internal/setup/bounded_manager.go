// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/leadership"
	"github.com/usher-operator/usher/internal/memory"
)

// boundedManager has a client that creates no accounts while there is no room in the memory.
type boundedManager struct {
	ctrl.Manager

	guard *memory.Guard
}

// GetClient returns the manager's client, wrapped.
func (m boundedManager) GetClient() client.Client { return m.guard.Client(m.Manager.GetClient()) }

// cacheFilled tells the guard that the cache has been filled: the manager starts it after that.
type cacheFilled struct{ guard *memory.Guard }

// Start implements manager.Runnable.
func (c cacheFilled) Start(context.Context) error {
	c.guard.Filled()
	return nil
}

// NeedLeaderElection is false: every replica has a cache.
func (cacheFilled) NeedLeaderElection() bool { return false }

// afterFilling is an election that this replica joins once its cache fits into its memory. One that waits for room must not hold the lease.
type afterFilling struct {
	*leadership.Election

	guard *memory.Guard
}

// Start implements manager.Runnable.
func (a afterFilling) Start(ctx context.Context) error {
	a.guard.AwaitFilled()
	return a.Election.Start(ctx)
}
