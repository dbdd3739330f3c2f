// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people_test

import (
	"testing"
	"time"

	"github.com/usher-operator/usher/internal/cli/people"
)

// FuzzParseSince checks that a span of time ends now, and that what is no span says how to write one.
func FuzzParseSince(f *testing.F) {
	now := time.Date(2026, time.November, 30, 10, 0, 0, 0, time.UTC)
	for _, text := range []string{"30d", "4w", "12h", "2026-11-30", "2026-11-30T10:00:00Z", "-1d", "65536w", "d", "1.5h", "99999999999999999999d", "10000-01-01"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := people.ParseSince(text, now)
		if err != nil {
			if !at.IsZero() || err.Error() == "" {
				t.Fatalf("%q is %v with the error %v", text, at, err)
			}
			return
		}
		if again, err := people.ParseSince(at.Format(time.RFC3339), now); at.Year() >= 0 && at.Year() <= 9999 && (err != nil || again.Unix() != at.Unix()) {
			t.Fatalf("%q is %v, and that %v: %v", text, at, again, err)
		}
		if c := text[len(text)-1]; (c == 'd' || c == 'w' || c == 'h') && at.After(now) {
			t.Fatalf("%q is %v, after now", text, at)
		}
	})
}
