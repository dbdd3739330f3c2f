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
	// maxAlerts is the maximum number of open alerts that are listed. With many destinations it is as many as have room for the messages.
	maxAlerts = 64
	// maxAlertBytes is how much the messages of all alerts take in the status at most. The status shares what etcd accepts of an object
	// with the spec and with other lists.
	maxAlertBytes = 256 << 10
)

// Plan is what the next notices of an object depend on.
type Plan struct {
	// UID is the object's.
	UID types.UID
	// Causes are the present causes, as Alerts returns them.
	Causes []Alert
	// Ended reports whether an alert whose cause has gone cannot return, and so does not last. Nil: it may return.
	Ended func(Alert) bool
	// Alerts and Reports are the destinations of each stream, and Unserved is how many destinations receive nothing. Administrators are
	// told what nobody else would be, as AlertsTo says.
	Alerts, Reports, Administrators []Destination
	Unserved                        int
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
	room := p.room(listed, more)
	for _, cause := range p.Causes {
		if each := p.alertBytes(cause.Reason); causes[cause] && len(listed) < maxAlerts && (len(listed) == 0 || room >= each) {
			listed = append(listed, p.open(s, cause))
			room -= each
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
	p.addressAlerts(listed)
	s.Alerts = listed
	return wait
}

// room returns how much the messages of further alerts may take, beside those of the listed ones and of the alert about the rest.
func (p Plan) room(listed []v1alpha1.AlertStatus, more *v1alpha1.AlertStatus) int {
	rest := p.alertBytes(v1alpha1.AlertMoreAlerts)
	room := maxAlertBytes - rest
	for i := range listed {
		room -= max(p.alertBytes(listed[i].Reason), p.deliveryBytes(listed[i].Deliveries))
	}
	if more != nil {
		room -= max(p.deliveryBytes(more.Deliveries)-rest, 0)
	}
	return room
}

// addressAlerts adapts the messages of the listed alerts to the destinations. An alert to which there is no room to add messages keeps
// those that it has: destinations that were added while many alerts are open are told of the first of them.
func (p Plan) addressAlerts(listed []v1alpha1.AlertStatus) {
	room := maxAlertBytes
	for i := range listed {
		p.drop(&listed[i].Deliveries, p.to(listed[i].Reason))
		room -= p.deliveryBytes(listed[i].Deliveries)
	}
	for i := range listed {
		added := p.alertBytes(listed[i].Reason) - p.deliveryBytes(listed[i].Deliveries)
		if i > 0 && added > room {
			p.route(listed[i].Deliveries)
			continue
		}
		room -= added
		p.address(&listed[i].Deliveries, p.to(listed[i].Reason), listed[i].ID)
	}
}

// to returns the destinations of an alert.
func (p Plan) to(reason v1alpha1.AlertReason) []Destination {
	return AlertsTo(reason, p.Alerts, p.Administrators)
}

// alertBytes returns how much the messages of one alert to all its destinations take.
func (p Plan) alertBytes(reason v1alpha1.AlertReason) int {
	total := 0
	for _, d := range p.to(reason) {
		total += p.messageBytes(d.Value)
	}
	return total
}

func (p Plan) deliveryBytes(deliveries []v1alpha1.NoticeDeliveryStatus) int {
	total := 0
	for i := range deliveries {
		total += p.messageBytes(deliveries[i].Value)
	}
	return total
}

// messageBytes returns how much a message takes in JSON at most, with its last error.
func (p Plan) messageBytes(destination string) int {
	const around = 220 // the names of the fields, the state, the times, and the local part of the Message-ID
	return around + maxErrorLength + len(destination) + len(p.MailDomain)
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
	if a.ClearedTime == nil {
		return true, 0
	}
	holds := map[v1alpha1.AlertReason]time.Duration{v1alpha1.AlertSeatsExhausted: SeatsHold, v1alpha1.AlertLeaveRequested: LeaveHold}
	if p.Ended != nil && p.Ended(Alert{a.Reason, a.Subject}) {
		return false, 0
	}
	hold = a.ClearedTime.Add(holds[a.Reason]).Sub(p.Now)
	return hold > 0, max(hold, 0)
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
