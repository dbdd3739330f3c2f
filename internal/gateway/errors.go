// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"errors"
	"net/url"
	"time"
)

// Error is why a message was not taken. It holds nothing of the message, nor of the gateway's answer but its code.
type Error struct {
	// Code is the HTTP status; 0: there was no answer.
	Code int
	// Permanent is true when sending the same message again is of no use.
	Permanent bool
	// RetryAt is set when the message was not tried, as the gateway failed shortly before: when to try it.
	RetryAt time.Time

	text string
}

// Error says what went wrong.
func (e *Error) Error() string { return e.text }

// IsPermanent tells whether err means that the gateway refuses the message for good.
func IsPermanent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Permanent
}

// NotTried gives when to try again, if err means that the message was not tried at all.
func NotTried(err error) (time.Time, bool) {
	var e *Error
	if errors.As(err, &e) && !e.RetryAt.IsZero() {
		return e.RetryAt, true
	}
	return time.Time{}, false
}

// reasonOf gives what a request failed with, without its URL: that may hold something secret.
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
