// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// maxErrorLength bounds what a delivery says about its last failure, in bytes: a status holds many.
const maxErrorLength = 200

// NextAttempt gives how long until a message is to be sent; false: it is not.
func NextAttempt(s *v1alpha1.NoticeDeliveryStatus, now time.Time) (time.Duration, bool) {
	if s.State != v1alpha1.NoticeQueued {
		return 0, false
	}
	if s.NextAttemptTime == nil {
		return 0, true
	}
	return max(s.NextAttemptTime.Sub(now), 0), true
}

// Record writes what came of an attempt. A message that was recorded already, or is another one, stays as it is.
func Record(s *v1alpha1.NoticeDeliveryStatus, d attempt.Result, now time.Time) {
	if s.State != v1alpha1.NoticeQueued || s.MessageID != d.MessageID {
		return
	}
	s.LastError = attempt.Shorten(d.Error, maxErrorLength)
	if d.RetryAt.IsZero() {
		s.Attempts++
	}
	s.NextAttemptTime = nil
	again := d.RetryTime(s.Attempts, now)
	switch {
	case !again.IsZero():
		s.NextAttemptTime = stamp(again)
	case d.Error == "":
		s.State = v1alpha1.NoticeSent
	default:
		s.State = v1alpha1.NoticeFailed
	}
}
