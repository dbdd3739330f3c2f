// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/notice"
	"github.com/usher-operator/usher/internal/status"
)

// noticeTarget is an object whose contacts are notified: an Organization or a Workspace.
type noticeTarget struct {
	object       status.Object
	organization *v1alpha1.Organization
	workspace    *v1alpha1.Workspace // nil: the organization is the object
}

func (b *noticeTarget) notices() *v1alpha1.NoticesStatus {
	if b.workspace != nil {
		return &b.workspace.Status.Notices
	}
	return &b.organization.Status.Notices
}

// destinations gives where each stream goes. An alert that the organization's contacts get is not sent to the same place
// by a workspace.
func (b *noticeTarget) destinations() (alerts, reports []notice.Destination, unserved int) {
	contacts := b.organization.Spec.Contacts
	var except func(notice.Destination) bool
	if b.workspace != nil {
		theirs, _ := notice.Destinations(contacts, v1alpha1.NotifyAlerts, nil)
		contacts, except = b.workspace.Spec.Contacts, notice.Among(theirs)
	}
	alerts, left := notice.Destinations(contacts, v1alpha1.NotifyAlerts, except)
	reports, more := notice.Destinations(contacts, v1alpha1.NotifyReports, nil)
	return alerts, reports, max(left, more)
}

// contactMessage is a message to one destination.
type contactMessage struct {
	// alert is what it is about; nil: it is the report.
	alert    *v1alpha1.AlertStatus
	delivery *v1alpha1.NoticeDeliveryStatus
}

// messages gives the messages that are written and still go to one of the contacts. One about an alert whose cause is gone
// waits for its end.
func (b *noticeTarget) messages() []contactMessage {
	alerts, reports, _ := b.destinations()
	var all []contactMessage
	add := func(to []notice.Destination, alert *v1alpha1.AlertStatus, deliveries []v1alpha1.NoticeDeliveryStatus) {
		still := notice.Among(to)
		for i := range deliveries {
			d := &deliveries[i]
			if still(notice.Destination{Type: d.Type, Value: d.Value}) {
				all = append(all, contactMessage{alert, d})
			}
		}
	}
	s := b.notices()
	for i := range s.Alerts {
		if s.Alerts[i].ClearedTime == nil {
			add(alerts, &s.Alerts[i], s.Alerts[i].Deliveries)
		}
	}
	if s.Report != nil {
		add(reports, nil, s.Report.Deliveries)
	}
	return all
}

// urgency: alerts go before reports, and mails before messages to phones, as a gateway that does not answer takes its time.
func (e contactMessage) urgency() int {
	urgency := 0
	if e.alert != nil {
		urgency = 2
	}
	if e.delivery.Type == v1alpha1.MethodEmail {
		urgency++
	}
	return urgency
}

// languageOf gives the language in which contacts are written to.
func (b *noticeTarget) languageOf() string {
	if b.workspace != nil {
		return effective.LanguageOf(b.organization, "", b.workspace)
	}
	return effective.LanguageOf(b.organization, "")
}
