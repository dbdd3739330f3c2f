// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/internal/authz"
)

// refusal returns violations as the error that kubectl shows: 403 if the actor's role is at fault, else 422, with a cause for
// each violation. The message says once who asks, each cause says it by itself. It returns nil if there are no violations.
func refusal(r admission.Request, violations []authz.Violation) error {
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
	messages, said := make([]string, 0, len(violations)), ""
	for _, v := range violations {
		cause := metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Field: v.Field, Message: text(v)}
		if v.Reason == authz.Forbidden {
			answer.Code, answer.Reason = http.StatusForbidden, metav1.StatusReasonForbidden
			cause.Type = metav1.CauseTypeForbidden
		}
		if v.Rule == authz.RuleLastAdministrator {
			cause.Type = authz.CauseLastAdministrator
		}
		answer.Details.Causes = append(answer.Details.Causes, cause)
		message := cause.Message
		if said != "" && v.Actor == said {
			message = strings.TrimPrefix(message, said)
		}
		said = v.Actor
		if v.Reason != authz.Forbidden && v.Field != "" {
			message = v.Field + ": " + message // a Forbidden message names its field itself
		}
		messages = append(messages, message)
	}
	answer.Message = strings.Join(messages, "; ")
	return &apierrors.StatusError{ErrStatus: answer}
}

// text returns the message of a violation, in the API server's form if a value is at fault.
func text(v authz.Violation) string {
	if v.Reason == authz.Forbidden || v.Value == "" {
		return v.Message
	}
	value := []rune(v.Value)
	if len(value) > maxValue {
		value = append(value[:maxValue], '…')
	}
	return fmt.Sprintf("Invalid value: %q: %s", string(value), v.Message)
}

// maxValue is how many characters of a value at fault are shown.
const maxValue = 80
