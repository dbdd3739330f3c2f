// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	var unreachable *url.Error
	switch {
	case notInstalled(err):
		return "error: Usher is not installed in this cluster, or this is another cluster: kubectl config current-context says which"
	case errors.As(err, &status):
		return fmt.Sprintf("Error from server (%s): %s", status.Status().Reason, status.Status().Message)
	case errors.As(err, &unreachable):
		return noConnection(unreachable)
	}
	return "error: " + err.Error()
}

// notInstalled reports whether the API server does not know Usher's kinds.
func notInstalled(err error) bool {
	return apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// noConnection says that the API server cannot be reached.
func noConnection(err *url.Error) string {
	if !strings.Contains(err.Error(), "connection refused") {
		return fmt.Sprintf("Unable to connect to the server: %v", err.Err)
	}
	host := err.URL
	if server, wrong := url.Parse(err.URL); wrong == nil {
		host = server.Host
	}
	return fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?", host)
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
