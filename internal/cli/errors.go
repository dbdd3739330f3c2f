// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// errNo ends a command that has said all there is to say, with the exit code of an error.
var errNo = errors.New("no")

// report writes an error as kubectl does and returns the exit code.
func report(w io.Writer, err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNo):
	default:
		fmt.Fprintln(w, describe(err))
	}
	return 1
}

// describe returns an error in kubectl's words.
func describe(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return fmt.Sprintf("Error from server (%s): %s", status.Status().Reason, status.Status().Message)
	}
	return "error: " + err.Error()
}

// refusalOf returns the words of the API server without what only machines need: which webhook refused what.
func refusalOf(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err.Error()
	}
	message := status.Status().Message
	if _, after, found := strings.Cut(message, "denied the request: "); found {
		return after
	}
	return message
}
