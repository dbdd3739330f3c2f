// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"slices"
	"strconv"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/notice"
)

// maxListed is how many names a message lists.
const maxListed = 20

// content returns what a message says.
func (b *outbox) content(m message) mail.Content {
	t := b.target
	c := mail.Content{
		Kind: mail.StatusReport, Language: t.language(), Organization: effective.OrganizationTitle(t.organization),
		Location: effective.LocationOf(t.organization), Recipient: b.contactOf(m),
	}
	if t.workspace != nil {
		c.Facts = append(c.Facts, mail.FactOf("details.workspace", mail.WordOf(effective.WorkspaceTitle(t.workspace))))
	}
	if m.alert != nil {
		c.Kind = mail.Kind(m.alert.Reason)
		b.addAlert(&c, m.alert)
		return c
	}
	if b.report == nil {
		b.report = notice.NewReport(b.snapshot)
		b.table = b.report.CSV()
	}
	b.addReport(&c)
	return c
}

// contactOf returns the name of the contact who is written to.
func (b *outbox) contactOf(m message) string {
	if b.alertContact == nil {
		alerts, reports, _ := b.target.destinations()
		b.alertContact = notice.ContactOf(slices.Concat(b.target.administrators, alerts))
		b.repContact = notice.ContactOf(reports)
	}
	to := notice.Destination{Type: m.delivery.Type, Value: m.delivery.Value}
	if m.alert != nil {
		return b.alertContact(to)
	}
	return b.repContact(to)
}

// detailsOf returns the details of an alert.
func (b *outbox) detailsOf(a *v1alpha1.AlertStatus) notice.Details {
	d, known := b.details[a.ID]
	if !known {
		if b.details == nil {
			b.details = map[int64]notice.Details{}
		}
		d = b.snapshot.DetailsOf(a, len(b.target.notices().Alerts)-1)
		b.details[a.ID] = d
	}
	return d
}

func (b *outbox) addAlert(c *mail.Content, a *v1alpha1.AlertStatus) {
	d := b.detailsOf(a)
	c.Subject = d.Title
	switch a.Reason {
	case v1alpha1.AlertSeatsExhausted:
		c.Values = map[string]string{"used": itoa(d.Used), "seats": itoa(d.Seats), "waiting": strconv.Itoa(len(d.Waiting))}
		c.Facts = append(c.Facts, mail.FactOf("details.seats", seatsTaken(d.Used, d.Seats)),
			mail.FactOf("details.waiting", enumerate(d.Waiting)...))
	case v1alpha1.AlertInvitationUndeliverable:
		c.Facts = append(c.Facts, mail.FactOf("details.address", mail.WordOf(d.Title)),
			mail.FactOf("details.invitation", mail.WordOf(d.Invitation)), mail.FactOf("details.answer", mail.WordOf(d.Answer)))
	case v1alpha1.AlertLastAdministratorHeld, v1alpha1.AlertLeaveRequested:
		c.Facts = append(c.Facts, mail.FactOf("details.user", mail.WordOf(d.Email)))
	case v1alpha1.AlertMoreAlerts:
		c.Facts = append(c.Facts, mail.FactOf("details.alerts", mail.WordOf(strconv.Itoa(d.More))))
	}
	if a.Since != nil {
		c.Facts = append(c.Facts, mail.FactOf("details.since", mail.Word{Time: a.Since.Time}))
	}
}

func (b *outbox) addReport(c *mail.Content) {
	report := b.report
	c.Subject = c.Organization
	if b.target.workspace != nil {
		c.Subject = effective.WorkspaceTitle(b.target.workspace)
	}
	c.Values = map[string]string{
		"total": strconv.Itoa(report.Total), "active": strconv.Itoa(report.States[v1alpha1.UserActive]),
		"pending": strconv.Itoa(len(report.Pending)),
	}
	users := append([]mail.Word{mail.PhraseOf("count.total", "n", strconv.Itoa(report.Total))}, statesOf(report.States)...)
	c.Facts = append(c.Facts, mail.FactOf("details.time", mail.Word{Time: b.snapshot.Now}),
		mail.FactOf("details.users", users...))
	for _, role := range report.Roles {
		c.Facts = append(c.Facts, mail.Fact{Label: mail.Word{Key: "role." + string(role.Role)}, Values: statesOf(role.States)})
	}
	if report.Limited > 0 {
		c.Facts = append(c.Facts, mail.FactOf("details.limited", mail.WordOf(strconv.Itoa(report.Limited))))
	}
	var access []mail.Word
	for _, a := range []v1alpha1.WorkspaceAccess{v1alpha1.WorkspaceAdmin, v1alpha1.WorkspaceEdit, v1alpha1.WorkspaceView} {
		if n := report.Access[a]; n > 0 {
			access = append(access, mail.PhraseOf("count."+string(a), "n", strconv.Itoa(n)))
		}
	}
	emails := make([]string, 0, len(report.Pending))
	for _, p := range report.Pending {
		emails = append(emails, p.Email)
	}
	pending := append([]mail.Word{mail.PhraseOf("count.total", "n", strconv.Itoa(len(emails)))}, enumerate(emails)...)
	c.Facts = append(c.Facts, mail.FactOf("details.access", access...), mail.FactOf("details.pending", pending...))
	for _, s := range report.Seats {
		c.Facts = append(c.Facts, mail.Fact{
			Label:  mail.PhraseOf("details.moduleSeats", "module", s.Module),
			Values: []mail.Word{seatsTaken(s.Used, s.Seats)},
		})
	}
}

// seatsTaken says how many seats of a module are taken.
func seatsTaken(used, seats int32) mail.Word {
	if seats == 0 {
		return mail.PhraseOf("seats.none")
	}
	return mail.PhraseOf("seats.taken", "used", itoa(used), "seats", itoa(seats))
}

// statesOf says how many people are in each state.
func statesOf(counts map[v1alpha1.UserState]int) []mail.Word {
	var words []mail.Word
	for _, state := range notice.States() {
		if n := counts[state]; n > 0 {
			words = append(words, mail.PhraseOf("count."+string(state), "n", strconv.Itoa(n)))
		}
	}
	return words
}

// enumerate lists names, and says how many more there are than a message holds.
func enumerate(names []string) []mail.Word {
	var words []mail.Word
	for _, name := range names[:min(len(names), maxListed)] {
		words = append(words, mail.WordOf(name))
	}
	if more := len(names) - maxListed; more > 0 {
		words = append(words, mail.PhraseOf("more", "n", strconv.Itoa(more)))
	}
	return words
}

func itoa(n int32) string { return strconv.Itoa(int(n)) }
