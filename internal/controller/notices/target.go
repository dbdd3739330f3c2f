// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/status"
)

// target is an object whose contacts are notified: an Organization or a Workspace.
type target struct {
	object       status.Object
	organization *v1alpha1.Organization
	workspace    *v1alpha1.Workspace // nil: the organization is the object
	// administrators are the organization's, who are told what nobody else would be. A workspace has none.
	administrators []notice.Destination
}

func (t *target) notices() *v1alpha1.NoticesStatus {
	if t.workspace != nil {
		return &t.workspace.Status.Notices
	}
	return &t.organization.Status.Notices
}

// destinations returns where alerts and reports go. A workspace does not send alerts to a destination that gets the organization's.
func (t *target) destinations() (alerts, reports []notice.Destination, unserved int) {
	contacts := t.organization.Spec.Contacts
	var except func(notice.Destination) bool
	if t.workspace != nil {
		organizations, _ := notice.Destinations(contacts, v1alpha1.NotifyAlerts, nil)
		contacts, except = t.workspace.Spec.Contacts, notice.Among(organizations)
	}
	alerts, withoutAlerts := notice.Destinations(contacts, v1alpha1.NotifyAlerts, except)
	reports, withoutReports := notice.Destinations(contacts, v1alpha1.NotifyReports, nil)
	return alerts, reports, max(withoutAlerts, withoutReports)
}

// language returns the language in which contacts are written to.
func (t *target) language() string {
	if t.workspace != nil {
		return effective.LanguageOf(t.organization, "", t.workspace)
	}
	return effective.LanguageOf(t.organization, "")
}

// message is a message to one destination.
type message struct {
	// alert is what it is about; nil: it is the report.
	alert    *v1alpha1.AlertStatus
	delivery *v1alpha1.NoticeDeliveryStatus
}

// messages returns the messages in the status that still go to one of the contacts. Messages about an alert whose cause is gone wait
// for the alert's end.
func (t *target) messages() []message {
	alerts, reports, _ := t.destinations()
	var all []message
	add := func(to []notice.Destination, alert *v1alpha1.AlertStatus, deliveries []v1alpha1.NoticeDeliveryStatus) {
		isDestination := notice.Among(to)
		for i := range deliveries {
			d := &deliveries[i]
			if isDestination(notice.Destination{Type: d.Type, Value: d.Value}) {
				all = append(all, message{alert, d})
			}
		}
	}
	s := t.notices()
	for i := range s.Alerts {
		if a := &s.Alerts[i]; a.ClearedTime == nil {
			add(notice.AlertsTo(a.Reason, alerts, t.administrators), a, a.Deliveries)
		}
	}
	if s.Report != nil {
		add(reports, nil, s.Report.Deliveries)
	}
	return all
}

// urgency puts alerts before reports, and mails before messages to phones, because a gateway that does not answer takes its time.
func (m message) urgency() int {
	urgency := 0
	if m.alert != nil {
		urgency = 2
	}
	if m.delivery.Type == v1alpha1.MethodEmail {
		urgency++
	}
	return urgency
}
