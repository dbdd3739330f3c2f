// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// Details is what a message about an alert says in addition to its subject. What does not apply to the reason is empty.
type Details struct {
	// Title is the subject in the words of people.
	Title string
	// Seats and Used are a module's; Waiting names the people who wait for a seat.
	Seats, Used int32
	Waiting     []string
	// Invitation is the name of the Invitation, Answer what the mail server said.
	Invitation, Answer string
	// Email is a user's address.
	Email string
	// More is the number of alerts that are not listed.
	More int
}

// DetailsOf returns the details of an alert at present. Listed is the number of listed alerts.
func (s Snapshot) DetailsOf(a *v1alpha1.AlertStatus, listed int) Details {
	switch a.Reason {
	case v1alpha1.AlertSeatsExhausted:
		return s.seatDetails(a.Subject)
	case v1alpha1.AlertInvitationUndeliverable:
		return s.refusalDetails(a.Subject)
	case v1alpha1.AlertLastAdministratorHeld, v1alpha1.AlertLeaveRequested:
		if u := s.user(a.Subject); u != nil {
			return Details{Title: effective.FormOfAddressOf(u, u.Status.Registration), Email: string(effective.EmailOf(u))}
		}
		return Details{Title: a.Subject}
	default:
		causes, _ := Alerts(s)
		return Details{More: max(len(causes)-listed, 0)}
	}
}

func (s Snapshot) seatDetails(module string) Details {
	d := Details{Title: module}
	i := slices.IndexFunc(s.Organization.Status.Modules, func(m v1alpha1.ModuleStatus) bool { return m.Name == module })
	if i < 0 {
		return d
	}
	m := &s.Organization.Status.Modules[i]
	d.Seats, d.Used = countOf(m.Seats), countOf(m.Used)
	for _, u := range s.waiting(m, s.circle()) {
		d.Waiting = append(d.Waiting, effective.FormOfAddressOf(u, u.Status.Registration))
	}
	return d
}

func (s Snapshot) refusalDetails(subject string) Details {
	for _, r := range s.refused(s.circle()) {
		if r.subject == subject {
			return Details{Title: r.email, Invitation: r.invitation, Answer: r.answer}
		}
	}
	return Details{Title: subject}
}
