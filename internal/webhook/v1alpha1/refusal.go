// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/internal/policy"
)

// refusal turns violations into the answer that kubectl shows: 403 when the acting person's role is at fault, else 422,
// with a cause for every field. Nil: there are none.
func refusal(r admission.Request, violations []policy.Violation) error {
	if len(violations) == 0 {
		return nil
	}
	answer := metav1.Status{
		Status: metav1.StatusFailure,
		Code:   http.StatusUnprocessableEntity,
		Reason: metav1.StatusReasonInvalid,
		Details: &metav1.StatusDetails{
			Group: r.Kind.Group, Kind: r.Kind.Kind, Name: r.Name, Causes: make([]metav1.StatusCause, 0, len(violations)),
		},
	}
	messages := make([]string, 0, len(violations))
	for _, v := range violations {
		cause := metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Field: v.Field, Message: v.Message}
		if v.Reason == policy.Forbidden {
			answer.Code, answer.Reason = http.StatusForbidden, metav1.StatusReasonForbidden
			cause.Type = metav1.CauseTypeForbidden
		}
		answer.Details.Causes = append(answer.Details.Causes, cause)
		messages = append(messages, text(v))
	}
	answer.Message = strings.Join(messages, "; ")
	return &apierrors.StatusError{ErrStatus: answer}
}

// text is a violation in one sentence. A forbidden one says itself what it is about.
func text(v policy.Violation) string {
	if v.Field == "" || v.Reason == policy.Forbidden {
		return v.Message
	}
	return v.Field + ": " + v.Message
}
