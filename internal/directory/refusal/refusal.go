// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package refusal turns what the API server answers to a change of a directory's into what the directory is to see.
package refusal

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"

	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/scim"
)

// Later returns the refusal of what may pass later.
func Later(format string, args ...any) error {
	return &scim.Error{Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf(format, args...)}
}

// NotFound returns the refusal of an identifier that the directory does not have.
func NotFound(format string, args ...any) error {
	return &scim.Error{Status: http.StatusNotFound, Detail: fmt.Sprintf(format, args...)}
}

// Invalid returns the refusal of a value.
func Invalid(format string, args ...any) error {
	return &scim.Error{Status: http.StatusBadRequest, Type: scim.InvalidValue, Detail: fmt.Sprintf(format, args...)}
}

// patience is how a change is repeated that others forestall: Entra ID changes one group by dozens of requests at once.
var patience = wait.Backoff{Steps: 15, Duration: 5 * time.Millisecond, Factor: 1.5, Jitter: 1, Cap: 500 * time.Millisecond}

// OnConflict repeats a change that somebody else's has forestalled.
func OnConflict(change func() error) error { return retry.RetryOnConflict(patience, change) }

// Of returns an error as the directory is to see it. What the API server refuses for what it is passes with the words of the policy, and
// what may pass later is to be tried again.
func Of(err error) error {
	var mine *scim.Error
	var names *account.NamesTakenError
	switch {
	case err == nil || errors.As(err, &mine):
		return err
	case errors.As(err, &names):
		return scim.Conflict("%s", err)
	case apierrors.HasStatusCause(err, authz.CauseLastAdministrator):
		return &scim.Error{Status: http.StatusConflict, Detail: err.Error()} // no fault in what was sent
	case apierrors.IsForbidden(err):
		return &scim.Error{Status: http.StatusForbidden, Detail: err.Error()}
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsRequestEntityTooLargeError(err):
		return Invalid("%s", err)
	case apierrors.IsConflict(err):
		return Later("it is changed by others at the same time: try again")
	case apierrors.IsTooManyRequests(err), apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), apierrors.IsServiceUnavailable(err),
		apierrors.IsInternalError(err), isTimeout(err):
		return Later("the API server does not answer at the moment: try again")
	}
	return err
}

// isTimeout reports whether the API server has not answered in time.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// IsNotFound reports whether an error is what NotFound returns.
func IsNotFound(err error) bool {
	var refused *scim.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}
