// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/retry"

	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/scim"
)

func later(format string, args ...any) error {
	return &scim.Error{Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf(format, args...)}
}

// onConflict repeats a change that somebody else's has forestalled.
func onConflict(change func() error) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, change)
}

// refusal returns an error as the directory is to see it. What the API server refuses for what it is passes with the words of the policy,
// and what may pass later is to be tried again.
func refusal(err error) error {
	var mine *scim.Error
	var names *account.NamesTakenError
	switch {
	case err == nil || errors.As(err, &mine):
		return err
	case errors.As(err, &names):
		return scim.Conflict("%s", err)
	case apierrors.IsForbidden(err):
		return &scim.Error{Status: http.StatusForbidden, Detail: err.Error()}
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return &scim.Error{Status: http.StatusBadRequest, Type: scim.InvalidValue, Detail: err.Error()}
	case apierrors.IsConflict(err):
		return later("the account is changed by others at the same time: try again")
	case apierrors.IsTooManyRequests(err), apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), apierrors.IsServiceUnavailable(err),
		apierrors.IsInternalError(err):
		return later("the API server does not answer at the moment: try again")
	}
	return err
}
