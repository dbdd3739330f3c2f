// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// repeatedResendWarnings says that a request which changes nothing sends nothing, if it can be meant to send an invitation again: the
// annotation has the same value as before. Server-side apply repeats what is there all the time, and means nothing by it.
func repeatedResendWarnings(q admission.Request, r authz.Request) []string {
	if r.Operation != authz.Update {
		return nil
	}
	value := r.New.GetAnnotations()[v1alpha1.AnnotationResend]
	if value == "" || r.Status || !r.ChangesNothing() || applies(q, r.New) {
		return nil
	}
	return []string{fmt.Sprintf("metadata.annotations[%s]: stays %q, and each value sends once: to send again, set another one, "+
		"such as \"$(date)\"", v1alpha1.AnnotationResend, value)}
}

// applies reports whether a request is a server-side apply. The API server has noted so in the managed fields before it asks.
func applies(q admission.Request, o metav1.Object) bool {
	manager := fieldManager(q)
	for _, m := range o.GetManagedFields() {
		if m.Manager == manager && m.Operation == metav1.ManagedFieldsOperationApply && m.Subresource == "" {
			return true
		}
	}
	return false
}
