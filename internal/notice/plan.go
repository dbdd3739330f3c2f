// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

const (
	// SeatsHold is how long an alert about seats stays listed when a seat is free again: where one goes and the next comes, it is
	// the same alert.
	SeatsHold = 10 * time.Minute
	// maxAlerts is how many open alerts are listed at most; with many destinations it is as many as make maxDeliveries.
	maxAlerts     = 64
	maxDeliveries = 2048
	// maxRequestLength is how many bytes of the report annotation's value count.
	maxRequestLength = 256
)

// Plan is what decides the next notices of an object.
type Plan struct {
	// UID is the object's.
	UID types.UID
	// Causes are those that there are, as Alerts gives them.
	Causes []Alert
	// Alerts and Reports are where each stream goes, and Unserved is how many destinations get nothing.
	Alerts, Reports []Destination
	Unserved        int
	// Schedule says when reports are due, Request is the value of the annotation that asks for one at once.
	Schedule Schedule
	Request  string
	// Gateway is true when there is one that reaches phones.
	Gateway bool
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	Now        time.Time
}

// Next gives the notices that follow from the present ones, and how long until time alone changes them; zero: it does not.
// It opens alerts, queues the messages of new alerts and of a report that is due, one a destination, and drops what is not
// sent to destinations that are gone. What was sent is not sent again.
func (p Plan) Next(present v1alpha1.NoticesStatus) (next v1alpha1.NoticesStatus, wait time.Duration) {
	next = *present.DeepCopy()
	next.Unserved = int32(min(p.Unserved, 1<<30)) //nolint:gosec // bounded here
	wait = p.nextAlerts(&next)
	return next, sooner(wait, p.nextReport(&next))
}

func (p Plan) nextAlerts(s *v1alpha1.NoticesStatus) (wait time.Duration) {
	causes := map[Alert]bool{}
	for _, cause := range p.Causes {
		causes[cause] = true
	}
	var listed []v1alpha1.AlertStatus
	var more *v1alpha1.AlertStatus
	for i := range s.Alerts {
		a := &s.Alerts[i]
		cause := Alert{a.Reason, a.Subject}
		if a.Reason == v1alpha1.AlertMoreAlerts {
			more = a
			continue
		}
		lasts, hold := p.lasts(a, causes[cause])
		wait = sooner(wait, hold)
		if lasts {
			listed = append(listed, *a)
			delete(causes, cause)
		}
	}
	for _, cause := range p.Causes {
		if causes[cause] && len(listed) < p.mostAlerts() {
			listed = append(listed, p.open(s, cause))
			delete(causes, cause)
		}
	}
	if len(causes) > 0 {
		if more == nil {
			opened := p.open(s, Alert{Reason: v1alpha1.AlertMoreAlerts})
			more = &opened
		}
		listed = append(listed, *more)
	}
	for i := range listed {
		p.address(&listed[i].Deliveries, p.Alerts, listed[i].ID)
	}
	s.Alerts = listed
	return wait
}

// lasts tells whether a listed alert stays, and how long at most when its cause is gone.
func (p Plan) lasts(a *v1alpha1.AlertStatus, caused bool) (lasts bool, hold time.Duration) {
	switch {
	case caused:
		a.ClearedTime = nil
		return true, 0
	case a.Reason != v1alpha1.AlertSeatsExhausted:
		return false, 0
	case a.ClearedTime == nil:
		a.ClearedTime = p.time()
	}
	hold = a.ClearedTime.Add(SeatsHold).Sub(p.Now)
	return hold > 0, max(hold, 0)
}

func (p Plan) mostAlerts() int {
	return max(1, min(maxAlerts, maxDeliveries/max(1, len(p.Alerts))))
}

func (p Plan) open(s *v1alpha1.NoticesStatus, cause Alert) v1alpha1.AlertStatus {
	s.Issued++
	return v1alpha1.AlertStatus{ID: s.Issued, Reason: cause.Reason, Subject: cause.Subject, Since: p.time()}
}

// nextReport makes a report when one is due or asked for. Of several that were missed, it is the newest one's turn.
func (p Plan) nextReport(s *v1alpha1.NoticesStatus) (wait time.Duration) {
	request := attempt.Shorten(p.Request, maxRequestLength)
	wanted := request != "" && request != s.ObservedReport
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
		wanted = true
		if due, ok := p.Schedule.Last(p.Now); ok {
			at = due
		}
	}
	if wanted {
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

// address makes the deliveries those of the destinations: what was sent or is queued stays, new ones are queued.
func (p Plan) address(deliveries *[]v1alpha1.NoticeDeliveryStatus, to []Destination, id int64) {
	p.drop(deliveries, to)
	present := make(map[string]bool, len(*deliveries))
	for i := range *deliveries {
		present[keyOf(&(*deliveries)[i])] = true
	}
	for _, d := range to {
		if !present[d.key()] {
			*deliveries = append(*deliveries, v1alpha1.NoticeDeliveryStatus{
				Type: d.Type, Value: d.Value, State: v1alpha1.NoticeQueued, MessageID: p.messageID(id, d),
			})
		}
	}
	p.route(*deliveries)
}

// drop takes out the deliveries to destinations that are gone.
func (p Plan) drop(deliveries *[]v1alpha1.NoticeDeliveryStatus, to []Destination) {
	still := Among(to)
	*deliveries = slices.DeleteFunc(*deliveries, func(s v1alpha1.NoticeDeliveryStatus) bool {
		return !still(Destination{Type: s.Type, Value: s.Value})
	})
	if len(*deliveries) == 0 {
		*deliveries = nil
	}
}

// route lets messages to phones wait while there is no gateway.
func (p Plan) route(deliveries []v1alpha1.NoticeDeliveryStatus) {
	for i := range deliveries {
		d := &deliveries[i]
		switch {
		case d.Type == v1alpha1.MethodEmail:
		case p.Gateway && d.State == v1alpha1.NoticeNoGateway:
			d.State = v1alpha1.NoticeQueued
		case !p.Gateway && d.State == v1alpha1.NoticeQueued:
			d.State, d.NextAttemptTime = v1alpha1.NoticeNoGateway, nil
		}
	}
}

// messageID names a message: the same message to the same destination has the same name however often it is sent.
func (p Plan) messageID(id int64, d Destination) string {
	h := sha256.New()
	for _, part := range []string{"notice", string(p.UID), strconv.FormatInt(id, 10), d.key()} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "<" + hex.EncodeToString(h.Sum(nil)[:16]) + "@" + p.MailDomain + ">"
}

func (p Plan) time() *metav1.Time { return stamp(p.Now) }

// stamp gives a time as a status holds it.
func stamp(t time.Time) *metav1.Time {
	whole := metav1.NewTime(t.Truncate(time.Second))
	return &whole
}

// sooner gives the shorter of two waits, of which zero means none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
