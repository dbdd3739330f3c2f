// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

const (
	// SeatsHold is how long an alert about seats stays listed after a seat has become free: when one person leaves and the next takes
	// the seat, it is the same alert.
	SeatsHold = 10 * time.Minute
	// maxAlerts is the maximum number of open alerts that are listed. With many destinations it is as many as have maxDeliveries.
	maxAlerts     = 64
	maxDeliveries = 2048
)

// Plan is what the next notices of an object depend on.
type Plan struct {
	// UID is the object's.
	UID types.UID
	// Causes are the present causes, as Alerts returns them.
	Causes []Alert
	// Alerts and Reports are the destinations of each stream, and Unserved is how many destinations receive nothing.
	Alerts, Reports []Destination
	Unserved        int
	// Schedule says when reports are due; Request is the value of the annotation that requests one at once.
	Schedule Schedule
	Request  string
	// Gateway is true if there is a gateway to phones.
	Gateway bool
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	Now        time.Time
}

// Next returns the notices that follow from the present ones, and how long until they change even if nothing else does; zero: they do
// not. It opens alerts, queues the messages of new alerts and of a report that is due, one for each destination, and drops messages to
// destinations that are gone. What was sent is not sent again.
func (p Plan) Next(present v1alpha1.NoticesStatus) (next v1alpha1.NoticesStatus, wait time.Duration) {
	next = *present.DeepCopy()
	next.Unserved = int32(min(p.Unserved, 1<<30)) //nolint:gosec // bounded here
	wait = p.nextAlerts(&next)
	return next, attempt.Lowest(wait, p.nextReport(&next))
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
		a.ClearedTime = p.clearedTime(a, causes[cause])
		lasts, hold := p.lasts(a)
		wait = attempt.Lowest(wait, hold)
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

// clearedTime returns since when the cause of a listed alert has been gone; nil: it is not gone.
func (p Plan) clearedTime(a *v1alpha1.AlertStatus, caused bool) *metav1.Time {
	switch {
	case caused:
		return nil
	case a.ClearedTime == nil:
		return p.time()
	default:
		return a.ClearedTime
	}
}

// lasts reports whether a listed alert stays, and for how long at most after its cause has gone.
func (p Plan) lasts(a *v1alpha1.AlertStatus) (lasts bool, hold time.Duration) {
	switch {
	case a.ClearedTime == nil:
		return true, 0
	case a.Reason != v1alpha1.AlertSeatsExhausted:
		return false, 0
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

func (p Plan) time() *metav1.Time { return stamp(p.Now) }

// stamp returns a time as a status holds it.
func stamp(t time.Time) *metav1.Time {
	whole := metav1.NewTime(t.Truncate(time.Second))
	return &whole
}
