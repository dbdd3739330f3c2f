// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// precision is the precision of times in a status (RFC 3339 without fractions).
const precision = time.Second

// advance moves a person's last activity forward to a time, unless it would move by less than an interval. It reports whether it
// did, and returns the time until which it would not move again; zero: the person is not active, or has not accepted.
func advance(s *v1alpha1.OrgUserStatus, at time.Time, interval time.Duration) (until time.Time, advanced bool) {
	if s.State != v1alpha1.UserActive || s.LastActive == "" || s.LastActive == v1alpha1.LastActivePending {
		return time.Time{}, false
	}
	at = at.UTC().Truncate(precision)
	// A time that cannot be parsed counts as long ago.
	if last, err := time.Parse(time.RFC3339, s.LastActive); err == nil && at.Before(last.Add(interval)) {
		return last.Add(interval), false
	}
	s.LastActive = at.Format(time.RFC3339)
	return at.Add(interval), true
}
