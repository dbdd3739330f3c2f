// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package requeue decides how a pass of a reconciler ends.
package requeue

import (
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
)

// Concurrently lets several objects of a kind be reconciled at the same time, because a pass mostly waits for the API server. What
// objects share is changed under the Organization's resource version, so two passes are as safe as two leaders.
// Organizations take turns.
var Concurrently = controller.Options{MaxConcurrentReconciles: 8, NewQueue: NewQueue}

// Singly lets one object be reconciled at a time. Organizations take turns.
var Singly = controller.Options{NewQueue: NewQueue}

const (
	// Soon is how soon a pass is repeated after a conflict on another object than its own.
	Soon = time.Second
	// whileTerminating is how soon a pass is repeated that could not write to a namespace because it is terminating. What follows
	// from the namespace's end brings a pass by itself in most cases, so this only has to catch the others.
	whileTerminating = 10 * time.Second
)

// IgnoreConflict ends a pass over an object, its primary. A conflict is not a failure. If it is the primary's, the pass worked on an
// old copy, and the newer one leads to the next pass. A conflict on another object leads to no pass of the primary, so the pass is
// repeated soon. A namespace that is terminating, where nothing can be created, is no failure either.
func IgnoreConflict(primary client.Object, result ctrl.Result, err error) (ctrl.Result, error) {
	if err == nil {
		return result, nil
	}
	wait, failure := Split(primary, err)
	if failure != nil {
		return ctrl.Result{}, failure
	}
	return ctrl.Result{RequeueAfter: wait}, nil
}
