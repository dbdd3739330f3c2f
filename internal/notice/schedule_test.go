// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// setting returns the schedule of an organization with these settings.
func setting(zone string, reports v1alpha1.ReportSettings) notice.Schedule {
	o := builders.Organization("acme").Obj()
	o.Spec.Profile.TimeZone = v1alpha1.TimeZone(zone)
	o.Spec.Settings.Reports = reports
	return notice.ScheduleOf(o)
}

func hour(h int32) *int32 { return &h }

var _ = Describe("The schedule of reports", func() {
	const layout = "Mon 2006-01-02 15:04:05 -0700"
	daily := func(h int32) v1alpha1.ReportSettings {
		return v1alpha1.ReportSettings{Frequency: v1alpha1.ReportDaily, Hour: hour(h)}
	}

	DescribeTable("GTA-12 follows the organization's time zone, whatever its clocks do", func(zone string, reports v1alpha1.ReportSettings, after string, due ...string) {
		s := setting(zone, reports)
		t, err := time.Parse(time.RFC3339, after)
		Expect(err).NotTo(HaveOccurred())
		for _, expected := range due {
			last, ok := s.Last(t)
			Expect(ok && !last.After(t)).To(BeTrue())
			t, ok = s.Next(t)
			Expect(ok).To(BeTrue())
			Expect(t.Format(layout)).To(Equal(expected))
			last, _ = s.Last(t)
			Expect(last).To(BeTemporally("==", t))
			previous, _ := s.Last(t.Add(-time.Second))
			following, _ := s.Next(previous)
			Expect(following).To(BeTemporally("==", t))
		}
	},
		Entry("by default", "", v1alpha1.ReportSettings{}, "2026-11-21T10:00:00Z", "Mon 2026-11-23 08:00:00 +0000", "Mon 2026-11-30 08:00:00 +0000"),
		Entry("daily", "Europe/Madrid", daily(8), "2026-11-21T06:59:59Z", "Sat 2026-11-21 08:00:00 +0100", "Sun 2026-11-22 08:00:00 +0100"),
		Entry("across the end of summer time", "Europe/Madrid", v1alpha1.ReportSettings{}, "2026-10-19T12:00:00Z",
			"Mon 2026-10-26 08:00:00 +0100", "Mon 2026-11-02 08:00:00 +0100"),
		Entry("across the start of summer time", "Europe/Madrid", v1alpha1.ReportSettings{}, "2026-03-23T12:00:00Z", "Mon 2026-03-30 08:00:00 +0200"),
		Entry("an hour that clocks skip: the moment they do", "Europe/Madrid", daily(2), "2026-03-28T12:00:00Z",
			"Sun 2026-03-29 03:00:00 +0200", "Mon 2026-03-30 02:00:00 +0200"),
		Entry("an hour that clocks show twice: only the first time", "Europe/Madrid", daily(2), "2026-10-24T12:00:00Z",
			"Sun 2026-10-25 02:00:00 +0200", "Mon 2026-10-26 02:00:00 +0100"),
		Entry("a midnight that clocks skip", "America/Santiago", daily(0), "2026-09-05T12:00:00Z", "Sun 2026-09-06 01:00:00 -0300", "Mon 2026-09-07 00:00:00 -0300"),
		Entry("half an hour of summer time", "Australia/Lord_Howe", daily(2), "2026-10-03T00:00:00Z", "Sun 2026-10-04 02:30:00 +1100", "Mon 2026-10-05 02:00:00 +1100"),
		Entry("monthly: on the first such weekday", "UTC", v1alpha1.ReportSettings{Frequency: v1alpha1.ReportMonthly, Weekday: v1alpha1.Friday, Hour: hour(0)},
			"2026-11-21T10:00:00Z", "Fri 2026-12-04 00:00:00 +0000", "Fri 2027-01-01 00:00:00 +0000", "Fri 2027-02-05 00:00:00 +0000"),
	)

	It("may be empty", func() {
		s := setting("", v1alpha1.ReportSettings{Frequency: v1alpha1.ReportNever})
		_, ok := s.Next(now)
		Expect(ok).To(BeFalse())
		_, ok = s.Last(now)
		Expect(ok).To(BeFalse())
		Expect(s.String()).To(Equal("Never"))
	})

	It("describes itself", func() {
		Expect(setting("Europe/Madrid", v1alpha1.ReportSettings{}).String()).To(Equal("Weekly Monday 08:00 Europe/Madrid"))
		Expect(setting("", daily(0)).String()).To(Equal("Daily 00:00 UTC"))
	})
})
