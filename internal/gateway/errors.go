// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"errors"
	"net/url"
	"time"
)

// Error says why a message was not accepted. It contains nothing of the message, and only the code of the gateway's answer.
type Error struct {
	// Code is the HTTP status; 0: there was no answer.
	Code int
	// Permanent is true when it is pointless to send the same message again.
	Permanent bool
	// RetryAt is set when the message was not tried, because the gateway failed shortly before. It is when to try it.
	RetryAt time.Time

	text string
}

// Error returns what went wrong.
func (e *Error) Error() string { return e.text }

// IsPermanent reports whether err means that the gateway refuses the message permanently.
func IsPermanent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Permanent
}

// NotTried returns when to try again, if err means that the message was not tried at all.
func NotTried(err error) (time.Time, bool) {
	var e *Error
	if errors.As(err, &e) && !e.RetryAt.IsZero() {
		return e.RetryAt, true
	}
	return time.Time{}, false
}

// reasonOf returns the error of a request without its URL, which may contain a secret.
func reasonOf(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return "no answer within 10 seconds"
		}
		return u.Err.Error()
	}
	return err.Error()
}
