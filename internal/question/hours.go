// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var weekdays = []v1alpha1.Weekday{
	v1alpha1.Monday, v1alpha1.Tuesday, v1alpha1.Wednesday, v1alpha1.Thursday, v1alpha1.Friday, v1alpha1.Saturday, v1alpha1.Sunday,
}

// Opening is when technicians are next available.
type Opening struct {
	// Days is the number of days until then: 0 is today.
	Days    int
	Weekday time.Weekday
	// Time is the time of day.
	Time string
}

// AtHand reports whether technicians are available; if not, it returns when they are next. Hours are those of the clock on the wall, so
// summer time does not shift them.
func AtHand(hours []v1alpha1.OpeningHours, now time.Time, location *time.Location) (bool, Opening) {
	now = now.In(location)
	clock := now.Format("15:04")
	for _, h := range hours {
		if on(h, now.Weekday()) && h.Opens <= clock && clock < h.Closes {
			return true, Opening{}
		}
	}
	for days := range 8 {
		next := Opening{Days: days, Weekday: (now.Weekday() + time.Weekday(days)) % 7}
		for _, h := range hours {
			if on(h, next.Weekday) && (days > 0 || h.Opens > clock) && (next.Time == "" || h.Opens < next.Time) {
				next.Time = h.Opens
			}
		}
		if next.Time != "" {
			return false, next
		}
	}
	return false, Opening{}
}

func on(h v1alpha1.OpeningHours, day time.Weekday) bool {
	return slices.Contains(h.Days, v1alpha1.Weekday(day.String()))
}

// Run is a period of the day on consecutive days.
type Run struct {
	From, To      time.Weekday
	Opens, Closes string
}

// Runs returns opening hours for people to read: by day, from Monday, with consecutive days combined.
func Runs(hours []v1alpha1.OpeningHours) []Run {
	var runs []Run
	for _, h := range hours {
		open := false
		for n, day := range weekdays {
			weekday := time.Weekday((n + 1) % len(weekdays))
			switch {
			case !slices.Contains(h.Days, day):
				open = false
			case open:
				runs[len(runs)-1].To = weekday
			default:
				runs, open = append(runs, Run{From: weekday, To: weekday, Opens: h.Opens, Closes: h.Closes}), true
			}
		}
	}
	slices.SortStableFunc(runs, func(a, b Run) int {
		if a.From == b.From {
			return strings.Compare(a.Opens, b.Opens)
		}
		return fromMonday(a.From) - fromMonday(b.From)
	})
	return runs
}

func fromMonday(day time.Weekday) int { return (int(day) + 6) % 7 }
