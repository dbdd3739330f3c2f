// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// units are those that people count days in. Kubernetes' own durations end at hours.
var units = map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// ParseSince returns the time that a person means: a span before now, such as 30d, 4w or 12h, or a date.
func ParseSince(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	for suffix, unit := range units {
		digits, is := strings.CutSuffix(text, suffix)
		if n, err := strconv.ParseUint(digits, 10, 16); is && err == nil && time.Duration(n) <= math.MaxInt64/unit {
			return now.Add(-time.Duration(n) * unit), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no span of time such as 30d, 4w or 12h, and no date such as 2026-11-30", text)
}
