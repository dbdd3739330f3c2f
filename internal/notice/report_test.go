// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"bytes"
	"encoding/csv"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// setting gives a schedule of an organization.
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

	DescribeTable("GTA-12 is in the organization's time zone, whatever clocks do", func(zone string, reports v1alpha1.ReportSettings, after string, due ...string) {
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
		Entry("over the end of summer time", "Europe/Madrid", v1alpha1.ReportSettings{}, "2026-10-19T12:00:00Z",
			"Mon 2026-10-26 08:00:00 +0100", "Mon 2026-11-02 08:00:00 +0100"),
		Entry("over the start of summer time", "Europe/Madrid", v1alpha1.ReportSettings{}, "2026-03-23T12:00:00Z", "Mon 2026-03-30 08:00:00 +0200"),
		Entry("an hour that clocks skip: when they do", "Europe/Madrid", daily(2), "2026-03-28T12:00:00Z",
			"Sun 2026-03-29 03:00:00 +0200", "Mon 2026-03-30 02:00:00 +0200"),
		Entry("an hour that clocks show twice: the first time, once", "Europe/Madrid", daily(2), "2026-10-24T12:00:00Z",
			"Sun 2026-10-25 02:00:00 +0200", "Mon 2026-10-26 02:00:00 +0100"),
		Entry("a midnight that clocks skip", "America/Santiago", daily(0), "2026-09-05T12:00:00Z", "Sun 2026-09-06 01:00:00 -0300", "Mon 2026-09-07 00:00:00 -0300"),
		Entry("half an hour of summer time", "Australia/Lord_Howe", daily(2), "2026-10-03T00:00:00Z", "Sun 2026-10-04 02:30:00 +1100", "Mon 2026-10-05 02:00:00 +1100"),
		Entry("monthly: on the first such day", "UTC", v1alpha1.ReportSettings{Frequency: v1alpha1.ReportMonthly, Weekday: v1alpha1.Friday, Hour: hour(0)},
			"2026-11-21T10:00:00Z", "Fri 2026-12-04 00:00:00 +0000", "Fri 2027-01-01 00:00:00 +0000", "Fri 2027-02-05 00:00:00 +0000"),
	)

	It("may be none", func() {
		s := setting("", v1alpha1.ReportSettings{Frequency: v1alpha1.ReportNever})
		_, ok := s.Next(now)
		Expect(ok).To(BeFalse())
		_, ok = s.Last(now)
		Expect(ok).To(BeFalse())
		Expect(s.String()).To(Equal("Never"))
	})

	It("says what it is", func() {
		Expect(setting("Europe/Madrid", v1alpha1.ReportSettings{}).String()).To(Equal("Weekly Monday 08:00 Europe/Madrid"))
		Expect(setting("", daily(0)).String()).To(Equal("Daily 00:00 UTC"))
	})
})

var _ = Describe("A report", func() {
	var p notice.Plan
	monday := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

	BeforeEach(func() {
		p = planOf()
		p.Reports = []notice.Destination{desk}
	})

	It("GTA-12 is not sent to begin with, then when it is due, once; of several that were missed the newest", func() {
		s := next(p, v1alpha1.NoticesStatus{})
		Expect(s.Report).To(BeNil())
		Expect(s).To(And(HaveField("Schedule", "Weekly Monday 08:00 UTC"), HaveField("NextReportTime.Time", monday)))
		_, wait := p.Next(s)
		Expect(wait).To(Equal(monday.Sub(now)))

		p.Now = monday.Add(time.Minute)
		s = next(p, s)
		Expect(s.Report).To(And(HaveField("ID", BeEquivalentTo(1)), HaveField("Time.Time", monday), HaveField("Deliveries", HaveLen(1))))
		Expect(s.NextReportTime.Time).To(Equal(monday.AddDate(0, 0, 7)))

		p.Now = monday.AddDate(0, 0, 30)
		s = next(p, s)
		Expect(s.Report).To(And(HaveField("ID", BeEquivalentTo(2)), HaveField("Time.Time", monday.AddDate(0, 0, 28)), HaveField("Deliveries", HaveLen(1))))
		Expect(s.NextReportTime.Time).To(Equal(monday.AddDate(0, 0, 35)))
	})

	It("is not sent when the schedule changes, nor to who comes later", func() {
		s := next(p, v1alpha1.NoticesStatus{})
		p.Now = monday.Add(time.Hour)
		p.Schedule = setting("", v1alpha1.ReportSettings{Frequency: v1alpha1.ReportDaily})
		s = next(p, s)
		Expect(s.Report).To(BeNil())
		Expect(s.NextReportTime.Time).To(Equal(monday.AddDate(0, 0, 1)))
		p.Now = monday.AddDate(0, 0, 1)
		s = next(p, s)
		p.Reports = append(p.Reports, night)
		s = next(p, s)
		Expect(s.Report.Deliveries).To(HaveExactElements(HaveField("Value", desk.Value)))
		p.Reports = []notice.Destination{night}
		s = next(p, s)
		Expect(s.Report.Deliveries).To(BeNil(), "nothing goes to who is gone")
		p.Reports = nil
		s = next(p, s)
		Expect(s).To(And(HaveField("Schedule", ""), HaveField("NextReportTime", BeNil())))
		p.Now, p.Reports = p.Now.AddDate(0, 1, 0), []notice.Destination{night}
		Expect(next(p, s).Report.ID).To(BeEquivalentTo(1), "what was missed while nobody wanted one is not sent")
	})

	It("is sent at once when somebody asks, once for each value", func() {
		p.Schedule = setting("", v1alpha1.ReportSettings{Frequency: v1alpha1.ReportNever})
		p.Request = "one"
		s := next(p, v1alpha1.NoticesStatus{})
		Expect(s).To(And(HaveField("Report.ID", BeEquivalentTo(1)), HaveField("ObservedReport", "one"), HaveField("NextReportTime", BeNil())))
		p.Request = ""
		s = next(p, s)
		Expect(s.Report.ID).To(BeEquivalentTo(1))
		p.Request = "one"
		s = next(p, s)
		Expect(s).To(And(HaveField("Report.ID", BeEquivalentTo(2)), HaveField("Report.Time.Time", now)))
	})
})

var _ = Describe("What a report says", func() {
	var w notice.Snapshot

	BeforeEach(func() {
		o := seats("desk", 3, "kim", "eva")
		o.Spec.Profile.TimeZone = "Europe/Madrid"
		give := func(access v1alpha1.WorkspaceAccess) func(*v1alpha1.OrgUser) {
			return func(u *v1alpha1.OrgUser) {
				u.Status.Workspaces = append(u.Status.Workspaces, v1alpha1.WorkspaceGrantStatus{Name: "support", Access: access})
			}
		}
		role := func(r v1alpha1.Role) func(*v1alpha1.OrgUser) { return func(u *v1alpha1.OrgUser) { u.Spec.Role = r } }
		i := builders.Invitation("acme", "team", "sam@acme.example", "ida@acme.example").Workspace("support", v1alpha1.WorkspaceView).Obj()
		for _, email := range []string{"sam@acme.example", "ida@acme.example"} {
			i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
				Email:            v1alpha1.EmailAddress(email),
				OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, ExpirationTime: at(0)},
			})
		}
		i.Status.Recipients[1].State = v1alpha1.RecipientDeclined
		w = notice.Snapshot{
			Organization: o, Invitations: []*v1alpha1.Invitation{i}, Now: now,
			Users: []*v1alpha1.OrgUser{
				active("kim", role(v1alpha1.RoleMember), wishing("desk"), give(v1alpha1.WorkspaceEdit), func(u *v1alpha1.OrgUser) {
					u.Spec.DisplayName, u.Status.Modules = "=HYPERLINK(\"https://evil.example\")", []v1alpha1.ObjectName{"desk"}
				}),
				active("eva", role(v1alpha1.RoleTechnician)),
				user("ana", v1alpha1.UserSuspended, role(v1alpha1.RoleMember), func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "García, \"Ana\"" }),
				active("out", role(v1alpha1.RoleMember), func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited }),
				user("sam", v1alpha1.UserPending, role(v1alpha1.RoleMember), in("support")),
			},
		}
	})
	table := func() [][]string {
		GinkgoHelper()
		raw := notice.NewReport(w).CSV()
		Expect(bytes.Count(raw, []byte("\n"))).To(Equal(bytes.Count(raw, []byte("\r\n"))))
		rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		Expect(err).NotTo(HaveOccurred())
		return rows
	}

	It("GTA-12 is users by role and state, pending invitations and seats", func() {
		r := notice.NewReport(w)
		Expect(r.Total).To(Equal(5))
		Expect(r.Limited).To(Equal(1))
		Expect(r.Roles).To(Equal([]notice.RoleCount{
			{Role: v1alpha1.RoleTechnician, States: map[v1alpha1.UserState]int{v1alpha1.UserActive: 1}},
			{Role: v1alpha1.RoleMember, States: map[v1alpha1.UserState]int{v1alpha1.UserActive: 1, v1alpha1.UserSuspended: 1, v1alpha1.UserPending: 1}},
		}))
		Expect(r.Pending).To(HaveExactElements(HaveField("Email", "sam@acme.example")))
		Expect(r.Seats).To(Equal([]notice.SeatCount{{Module: "desk", Used: 2, Seats: 3}}))
		Expect(r.Access).To(BeNil())
	})

	It("GTA-12 is a workspace's people, invitations and their seats", func() {
		w.Workspace = builders.Workspace("acme", "support").Obj()
		r := notice.NewReport(w)
		Expect(r.Total).To(Equal(1))
		Expect(r.Access).To(Equal(map[v1alpha1.WorkspaceAccess]int{v1alpha1.WorkspaceEdit: 1}))
		Expect(r.Pending).To(HaveLen(1))
		Expect(r.Seats).To(Equal([]notice.SeatCount{{Module: "desk", Used: 1, Seats: 3}}))
		Expect(table()[1][4]).To(Equal("Edit"))
	})

	It("is a table that a spreadsheet reads, without formulas", func() {
		Expect(table()).To(Equal([][]string{
			{"record", "name", "email", "role", "access", "state", "workspaces", "modules", "last_active", "invitation", "expires", "seats", "used"},
			{"user", "García, \"Ana\"", "ana@acme.example", "Member", "", "Suspended", "", "", "", "", "", "", ""},
			{"user", "Eva Eva", "eva@acme.example", "Technician", "", "Active", "", "", "", "", "", "", ""},
			{"user", "'=HYPERLINK(\"https://evil.example\")", "kim@acme.example", "Member", "", "Active", "support:Edit", "desk", "", "", "", "", ""},
			{"user", "Out Out", "out@acme.example", "Member", "Limited", "Active", "", "", "", "", "", "", ""},
			{"user", "Sam Sam", "sam@acme.example", "Member", "", "Pending", "", "", "", "", "", "", ""},
			{"invitation", "", "sam@acme.example", "Member", "", "Invited", "", "", "", "team", "2026-11-21T11:00:00+01:00", "", ""},
			{"module", "desk", "", "", "", "", "", "", "", "", "", "3", "2"},
		}))
	})
})

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"=1", "+1", "-1", "@a", "\t=1", "\r=1", "a,b", "\"", "a\nb", "", "'="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		u := builders.OrgUser("acme", "kim").Obj()
		u.Spec.DisplayName = v1alpha1.DisplayName(name)
		w := notice.Snapshot{Organization: builders.Organization("acme").Obj(), Users: []*v1alpha1.OrgUser{u}}
		rows, err := csv.NewReader(bytes.NewReader(notice.NewReport(w).CSV())).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %d rows, %v", name, len(rows), err)
		}
		for _, cell := range rows[1] {
			if cell != "" && bytes.ContainsRune([]byte("=+-@\t\r"), rune(cell[0])) {
				t.Fatalf("%q is a formula", cell)
			}
		}
	})
}
