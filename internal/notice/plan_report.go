// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// maxRequestLength is how many bytes of the report annotation's value count.
const maxRequestLength = 256

// nextReport adds a report if one is due or requested. Of several that were missed, it adds the newest.
func (p Plan) nextReport(s *v1alpha1.NoticesStatus) (wait time.Duration) {
	request := attempt.Shorten(p.Request, maxRequestLength)
	requested := request != "" && request != s.ObservedReport
	s.ObservedReport = request
	if s.Report != nil {
		p.drop(&s.Report.Deliveries, p.Reports)
		p.route(s.Report.Deliveries)
	}
	if len(p.Reports) == 0 {
		s.Schedule, s.NextReportTime = "", nil
		return 0
	}
	at := p.Now
	if s.NextReportTime != nil && !p.Now.Before(s.NextReportTime.Time) && s.Schedule == p.Schedule.String() {
		requested = true
		if due, ok := p.Schedule.Last(p.Now); ok {
			at = due
		}
	}
	if requested {
		s.Issued++
		s.Report = &v1alpha1.ReportStatus{ID: s.Issued, Time: stamp(at)}
		p.address(&s.Report.Deliveries, p.Reports, s.Issued)
	}
	s.Schedule, s.NextReportTime = p.Schedule.String(), nil
	if due, ok := p.Schedule.Next(p.Now); ok {
		s.NextReportTime = stamp(due)
		wait = due.Sub(p.Now)
	}
	return wait
}
