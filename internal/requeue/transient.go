// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// IsTransient reports whether an error passes without anybody doing anything about it, and is not worth a condition. Of errors that
// are joined, all have to be transient.
func IsTransient(err error) bool {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !IsTransient(err) })
	}
	return apierrors.IsConflict(err) || isTerminating(err)
}

// Split takes the transient errors out of those of a pass over a primary object. It returns how soon the pass has to be repeated because
// of what it took out, zero if it need not be, and the errors that are left, nil if none are.
func Split(primary client.Object, err error) (wait time.Duration, failure error) {
	if joined, is := err.(interface{ Unwrap() []error }); is { // not one inside another error, whose text is about all of its parts
		var failures []error
		for _, part := range joined.Unwrap() {
			soon, failed := Split(primary, part)
			failures, wait = append(failures, failed), attempt.Lowest(wait, soon)
		}
		return wait, errors.Join(failures...)
	}
	if err == nil || !IsTransient(err) {
		return 0, err
	}
	return repetition(primary, err), nil
}

// repetition returns how soon a pass has to be repeated because of a transient error.
func repetition(primary client.Object, err error) time.Duration {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var wait time.Duration
		for _, part := range joined.Unwrap() {
			wait = attempt.Lowest(wait, repetition(primary, part))
		}
		return wait
	}
	switch {
	case isTerminating(err):
		return whileTerminating
	case isAbout(primary, err):
		return 0
	default:
		return Soon
	}
}

func isTerminating(err error) bool {
	return apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}

// isAbout reports whether the API server's answer is about an object. It names the resource and the object's name. The namespace is
// left out, and need not be known: no pass writes to another object with the kind and name of its primary.
func isAbout(o client.Object, err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	details, kind := status.Status().Details, reflect.TypeOf(o).Elem().Name() // objects from the cache carry no kind
	return details.Name == o.GetName() && details.Kind == strings.ToLower(kind)+"s"
}
