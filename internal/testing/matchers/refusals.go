// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matchers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/onsi/gomega/types"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BeRefused succeeds if the error is an answer of the API server with that HTTP status code, for example 403 or 422, and a
// message that contains the text. Any sequence of whitespace in the message counts as one space.
func BeRefused(code int32, substring string) types.GomegaMatcher {
	wanted := fmt.Sprintf("be refused with %d and %q", code, substring)
	return onStatus(wanted, func(status metav1.Status) string {
		if status.Code == code && strings.Contains(flat(status.Message), flat(substring)) {
			return ""
		}
		return fmt.Sprintf("the answer was %d: %s", status.Code, status.Message)
	})
}

// HaveCause succeeds if the error is a refusal by the API server with a cause that is about that field, for example
// spec.workspaces[0].name, and whose message contains the text.
func HaveCause(field, substring string) types.GomegaMatcher {
	wanted := fmt.Sprintf("be refused for the field %s with %q", field, substring)
	return onStatus(wanted, func(status metav1.Status) string {
		found := "the causes were:"
		if status.Details == nil || len(status.Details.Causes) == 0 {
			return fmt.Sprintf("the answer was %d without causes: %s", status.Code, status.Message)
		}
		for _, cause := range status.Details.Causes {
			if cause.Field == field && strings.Contains(flat(cause.Message), flat(substring)) {
				return ""
			}
			found += fmt.Sprintf("\n  %s: %s", cause.Field, cause.Message)
		}
		return found
	})
}

func onStatus(wanted string, fault func(metav1.Status) string) types.GomegaMatcher {
	return &explained{wanted: wanted, fault: func(actual any) (string, error) {
		if actual == nil {
			return "there was no error", nil
		}
		err, ok := actual.(error)
		if !ok {
			return "", fmt.Errorf("the matcher takes an error, not %T", actual)
		}
		var answer apierrors.APIStatus
		if !errors.As(err, &answer) {
			return "the error is not an answer of the API server: " + err.Error(), nil
		}
		return fault(answer.Status()), nil
	}}
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }
