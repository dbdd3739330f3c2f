// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// maxResendLength is how many bytes of the annotation's value are compared.
const maxResendLength = 256

// ResendValue returns the value of the resend annotation, cut to maxResendLength (WXP-7).
func ResendValue(o metav1.Object) string {
	return attempt.Shorten(o.GetAnnotations()[v1alpha1.AnnotationResend], maxResendLength)
}

// ResendRequested reports whether a value of the annotation requests to invite again: it is not empty and differs from the value
// that was observed last.
func ResendRequested(value, observed string) bool { return value != "" && value != observed }
