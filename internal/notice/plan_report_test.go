// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
)

var _ = Describe("A report", func() {
	var p notice.Plan
	monday := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

	BeforeEach(func() {
		p = planOf()
		p.Reports = []notice.Destination{desk}
	})

	It("GTA-12 is not sent at first, then once when it is due; of several that were missed, only the newest", func() {
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

	It("is not sent when the schedule changes, nor to contacts who are added later", func() {
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
		Expect(s.Report.Deliveries).To(BeNil(), "nothing is sent to contacts who are gone")
		p.Reports = nil
		s = next(p, s)
		Expect(s).To(And(HaveField("Schedule", ""), HaveField("NextReportTime", BeNil())))
		p.Now, p.Reports = p.Now.AddDate(0, 1, 0), []notice.Destination{night}
		Expect(next(p, s).Report.ID).To(BeEquivalentTo(1), "what was missed while nobody wanted one is not sent")
	})

	It("is sent at once on request, once for each value", func() {
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
