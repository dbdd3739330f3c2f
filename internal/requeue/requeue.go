// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package requeue decides how a pass of a reconciler ends.
package requeue

import (
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
)

// Concurrently lets several objects of a kind be reconciled at the same time, because a pass mostly waits for the API server. What
// objects share is changed under the Organization's resource version, so two passes are as safe as two leaders.
var Concurrently = controller.Options{MaxConcurrentReconciles: 8}

// IgnoreConflict ends a pass. A conflict is not a failure: the pass worked on an old copy, and the newer one leads to the next pass.
// Neither is a namespace that is terminating, where nothing can be created.
func IgnoreConflict(result ctrl.Result, err error) (ctrl.Result, error) {
	switch {
	case err == nil:
		return result, nil
	case IsTransient(err):
		return ctrl.Result{}, nil
	default:
		return ctrl.Result{}, err
	}
}

// IsTransient reports whether an error passes without anybody doing anything about it, and is not worth a condition. Of errors that
// are joined, all have to be transient.
func IsTransient(err error) bool {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !IsTransient(err) })
	}
	return apierrors.IsConflict(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}
