// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// pausedValue is the value of the annotation that pauses.
const pausedValue = "true"

// IsPaused reports whether the organization of a namespace is paused: Usher writes and sends nothing there. A namespace that is being
// deleted stays paused; see IsHeld for what goes on in it.
func IsPaused(namespace metav1.Object) bool {
	return namespace.GetAnnotations()[v1alpha1.AnnotationPaused] == pausedValue
}

// IsHeld reports whether Usher leaves an object of a paused namespace alone. It does so with everything, and so deletions wait until the
// pause is over. Only while the namespace itself is deleted are objects that are being deleted released, because the namespace would
// wait for them for ever.
func IsHeld(namespace metav1.Object, deleting bool) bool {
	return IsPaused(namespace) && (!deleting || namespace.GetDeletionTimestamp().IsZero())
}
