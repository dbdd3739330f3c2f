// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// Details is what a message about an alert says beside its subject. What does not go with the reason is empty.
type Details struct {
	// Title is the subject as people call it.
	Title string
	// Seats and Used are a module's, Waiting are the names of who waits for a seat.
	Seats, Used int32
	Waiting     []string
	// Invitation is the name of what invites, Answer what the mail server says.
	Invitation, Answer string
	// Email is a user's address.
	Email string
	// More is how many alerts are not listed.
	More int
}

// DetailsOf gives what there is to say about an alert, as things are.
func (w Snapshot) DetailsOf(a *v1alpha1.AlertStatus, listed int) Details {
	switch a.Reason {
	case v1alpha1.AlertSeatsExhausted:
		return w.seatDetails(a.Subject)
	case v1alpha1.AlertInvitationUndeliverable:
		return w.refusalDetails(a.Subject)
	case v1alpha1.AlertLastAdministratorHeld:
		if u := w.user(a.Subject); u != nil {
			return Details{Title: effective.DisplayNameOf(u, u.Status.Registration), Email: string(u.Spec.Email)}
		}
		return Details{Title: a.Subject}
	default:
		causes, _ := Alerts(w)
		return Details{More: max(len(causes)-listed, 0)}
	}
}

func (w Snapshot) seatDetails(module string) Details {
	d := Details{Title: module}
	i := slices.IndexFunc(w.Organization.Status.Modules, func(m v1alpha1.ModuleStatus) bool { return m.Name == module })
	if i < 0 {
		return d
	}
	m := &w.Organization.Status.Modules[i]
	d.Seats, d.Used = countOf(m.Seats), countOf(m.Used)
	for _, u := range w.waiting(m) {
		d.Waiting = append(d.Waiting, effective.DisplayNameOf(u, u.Status.Registration))
	}
	return d
}

func (w Snapshot) refusalDetails(subject string) Details {
	for _, r := range w.refused() {
		if r.subject == subject {
			return Details{Title: r.email, Invitation: r.invitation, Answer: r.answer}
		}
	}
	return Details{Title: subject}
}
