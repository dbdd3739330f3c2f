// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"fmt"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// Defaults of the settings of reports.
const (
	defaultFrequency = v1alpha1.ReportWeekly
	defaultWeekday   = v1alpha1.Monday
	defaultHour      = 8
)

// Schedule says when reports are due, in a time zone.
type Schedule struct {
	frequency v1alpha1.ReportFrequency
	weekday   v1alpha1.Weekday
	hour      int
	location  *time.Location
}

// ScheduleOf returns the schedule of an organization's reports.
func ScheduleOf(o *v1alpha1.Organization) Schedule {
	s := Schedule{frequency: defaultFrequency, weekday: defaultWeekday, hour: defaultHour, location: effective.LocationOf(o)}
	requested := o.Spec.Settings.Reports
	if requested.Frequency != "" {
		s.frequency = requested.Frequency
	}
	if requested.Weekday != "" {
		s.weekday = requested.Weekday
	}
	if requested.Hour != nil {
		s.hour = int(*requested.Hour)
	}
	return s
}

// String returns the schedule, as in "Weekly Monday 08:00 Europe/Madrid".
func (s Schedule) String() string {
	switch s.frequency {
	case v1alpha1.ReportNever:
		return string(s.frequency)
	case v1alpha1.ReportDaily:
		return fmt.Sprintf("%s %02d:00 %s", s.frequency, s.hour, s.location)
	default:
		return fmt.Sprintf("%s %s %02d:00 %s", s.frequency, s.weekday, s.hour, s.location)
	}
}

// farthest is more than the number of days between two reports of any frequency, including a day that a time zone has skipped.
const farthest = 62

// Next returns the first time after t at which a report is due; false: none ever is.
func (s Schedule) Next(t time.Time) (time.Time, bool) {
	year, month, day := t.In(s.location).Date()
	for n := -1; n <= farthest; n++ { // a day early, because clocks may have gone back over midnight
		if due, ok := s.on(year, month, day+n); ok && due.After(t) {
			return due, true
		}
	}
	return time.Time{}, false
}

// Last returns the last time up to t at which a report was due; false: none ever was.
func (s Schedule) Last(t time.Time) (time.Time, bool) {
	year, month, day := t.In(s.location).Date()
	for n := 1; n >= -farthest; n-- {
		if due, ok := s.on(year, month, day+n); ok && !due.After(t) {
			return due, true
		}
	}
	return time.Time{}, false
}

// on returns when a report is due on a day; false: none is.
func (s Schedule) on(year int, month time.Month, day int) (time.Time, bool) {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // a calendar day, whatever the zone's clocks do
	matches := false
	switch s.frequency {
	case v1alpha1.ReportDaily:
		matches = true
	case v1alpha1.ReportWeekly:
		matches = date.Weekday().String() == string(s.weekday)
	case v1alpha1.ReportMonthly:
		matches = date.Weekday().String() == string(s.weekday) && date.Day() <= 7
	}
	if !matches {
		return time.Time{}, false
	}
	return atHour(date, s.hour, s.location), true
}

// atHour returns when the clocks of a time zone first show the hour on a day. If they skip it, that is the moment at which they do.
func atHour(date time.Time, hour int, location *time.Location) time.Time {
	year, month, day := date.Date()
	wall := time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
	t := time.Date(year, month, day, hour, 0, 0, 0, location)
	start, end := t.ZoneBounds()
	switch shown := wallOf(t); {
	case shown.Before(wall):
		return end // skipped: clocks go forward after t
	case shown.After(wall):
		return start // skipped: clocks went forward before t
	}
	if !start.IsZero() {
		_, offset := start.Add(-time.Second).Zone()
		if earlier := wall.Add(-time.Duration(offset) * time.Second); earlier.Before(start) {
			return earlier.In(location) // shown twice: clocks went back between the two
		}
	}
	return t
}

// wallOf returns what the clocks show at a time, as if that were UTC.
func wallOf(t time.Time) time.Time {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}
