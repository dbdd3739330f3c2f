// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"cmp"
	"slices"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

const (
	// LeaveHold is how long an alert about a request to leave stays listed after it was withdrawn: somebody who asks again within that
	// time is not told of twice.
	LeaveHold = 24 * time.Hour
	// maxAdministrators is how many administrators are told of a request to leave if there is no contact for alerts.
	maxAdministrators = 8
)

// leaving returns the alerts about people who ask to be removed (SIG-5).
func (s Snapshot) leaving() []Alert {
	var causes []Alert
	for _, u := range s.Users {
		if effective.AsksToLeave(u) {
			causes = append(causes, Alert{v1alpha1.AlertLeaveRequested, u.Name})
		}
	}
	slices.SortFunc(causes, func(a, b Alert) int { return cmp.Compare(a.Subject, b.Subject) })
	return causes
}

// Administrators returns the addresses of an organization's administrators in force. They are told of a request to leave if no contact
// gets alerts: a person who asks is always heard.
func (s Snapshot) Administrators() []Destination {
	var to []Destination
	for _, name := range s.Organization.Status.Administrators {
		if u := s.user(name); u != nil && len(to) < maxAdministrators {
			name := effective.FormOfAddressOf(u, u.Status.Registration)
			to = append(to, Destination{Type: v1alpha1.MethodEmail, Value: string(effective.EmailOf(u)), Contact: name})
		}
	}
	return to
}

// AlertsTo returns the destinations of an alert, of those of all alerts and of the administrators.
func AlertsTo(reason v1alpha1.AlertReason, alerts, administrators []Destination) []Destination {
	if reason == v1alpha1.AlertLeaveRequested && len(alerts) == 0 {
		return administrators
	}
	return alerts
}
