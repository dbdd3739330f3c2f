// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// HoldDelay is how long somebody must be held before it is an alert: while one administrator replaces another, it may look so for a
// moment.
const HoldDelay = 3 * time.Second

// Alerts returns the causes to alert contacts, in order, and how long until there is another one even if nothing changes; zero: there is
// none. A workspace's contacts are told what concerns its people, and not what concerns the organization as a whole.
func Alerts(s Snapshot) (causes []Alert, wait time.Duration) {
	if s.Workspace == nil {
		causes, wait = s.held()
		causes = append(causes, s.leaving()...)
	}
	among := s.circle()
	causes = append(causes, s.exhausted(among)...)
	return append(causes, s.undeliverable(among)...), wait
}

// held returns the alert about the last administrator, who is kept in force against the request (ORG-4).
func (s Snapshot) held() ([]Alert, time.Duration) {
	administrators := s.Organization.Status.Administrators
	if len(administrators) != 1 {
		return nil, 0
	}
	u := s.user(administrators[0])
	if u == nil || effective.CandidateOf(u).Requested {
		return nil, 0
	}
	stalled := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled == nil || stalled.Reason != v1alpha1.ReasonLastAdministrator {
		return nil, 0
	}
	if age := s.Now.Sub(stalled.LastTransitionTime.Time); age < HoldDelay {
		return nil, HoldDelay - age
	}
	return []Alert{{v1alpha1.AlertLastAdministratorHeld, u.Name}}, 0
}

// exhausted returns the alerts about modules whose last seat is taken, or that somebody waits for although there is no seat (GTA-11). In
// a workspace only modules count for which one of its people waits.
func (s Snapshot) exhausted(among circle) []Alert {
	var causes []Alert
	for i := range s.Organization.Status.Modules {
		m := &s.Organization.Status.Modules[i]
		seats := countOf(m.Seats)
		if countOf(m.Used) < seats || s.removed(m.Name) {
			continue
		}
		if s.Workspace == nil && seats > 0 || slices.ContainsFunc(s.Users, s.waits(m, among)) {
			causes = append(causes, Alert{v1alpha1.AlertSeatsExhausted, m.Name})
		}
	}
	slices.SortFunc(causes, func(a, b Alert) int { return cmp.Compare(a.Subject, b.Subject) })
	return causes
}

// Ended reports whether an alert whose cause has gone cannot return: its subject has gone, too.
func (s Snapshot) Ended(a Alert) bool {
	switch a.Reason {
	case v1alpha1.AlertSeatsExhausted:
		return s.removed(a.Subject)
	case v1alpha1.AlertLeaveRequested:
		return s.user(a.Subject) == nil
	default:
		return true
	}
}

// removed reports whether the subscription does not have a module, or no longer has it.
func (s Snapshot) removed(module string) bool {
	return !slices.ContainsFunc(s.Organization.Spec.Subscription.Modules, func(m v1alpha1.Module) bool {
		return string(m.Name) == module
	})
}

// waits returns a function that reports whether a user waits for a seat of a module.
func (s Snapshot) waits(m *v1alpha1.ModuleStatus, among circle) func(*v1alpha1.OrgUser) bool {
	holds := among.holds(m)
	return func(u *v1alpha1.OrgUser) bool {
		return effective.RequestsSeat(u, v1alpha1.ObjectName(m.Name)) && !holds(u.Name) && among.includes(u)
	}
}

// waiting returns the users who wait for a seat of a module, the oldest first.
func (s Snapshot) waiting(m *v1alpha1.ModuleStatus, among circle) []*v1alpha1.OrgUser {
	var waiting []*v1alpha1.OrgUser
	waits := s.waits(m, among)
	for _, u := range s.Users {
		if waits(u) {
			waiting = append(waiting, u)
		}
	}
	slices.SortFunc(waiting, func(a, b *v1alpha1.OrgUser) int {
		return cmp.Or(effective.CreatedAt(a).Compare(effective.CreatedAt(b).Time), cmp.Compare(a.Name, b.Name))
	})
	return waiting
}

// refused is an invitation that the mail server refuses permanently.
type refused struct {
	subject, email, invitation, answer string
}

// undeliverable returns the alerts about invitations that the mail server refuses permanently. They last until somebody sends again, or
// removes the address.
func (s Snapshot) undeliverable(among circle) []Alert {
	all := s.refused(among)
	causes := make([]Alert, 0, len(all))
	for _, r := range all {
		causes = append(causes, Alert{v1alpha1.AlertInvitationUndeliverable, r.subject})
	}
	return causes
}

func (s Snapshot) refused(among circle) []refused {
	var all []refused
	for _, i := range s.Invitations {
		for n := range i.Status.Recipients {
			r := &i.Status.Recipients[n]
			if r.State == v1alpha1.RecipientUndeliverable && i.DeletionTimestamp.IsZero() && among.invites(i, r) {
				all = append(all, refused{
					subject: subjectOf("Invitation", i.Name, emailaddr.Normalize(string(r.Email))), email: string(r.Email),
					invitation: i.Name, answer: answerOf(&r.OnboardingStatus),
				})
			}
		}
	}
	for _, u := range s.Users {
		o := u.Status.Onboarding
		if o != nil && o.State == v1alpha1.RecipientUndeliverable && u.Labels[v1alpha1.LabelInvitation] == "" &&
			u.DeletionTimestamp.IsZero() && u.Status.State == v1alpha1.UserPending && among.includes(u) {
			all = append(all, refused{
				subject: subjectOf("OrgUser", u.Name, emailaddr.Normalize(string(effective.EmailOf(u)))),
				email:   string(effective.EmailOf(u)), answer: answerOf(o),
			})
		}
	}
	slices.SortFunc(all, func(a, b refused) int { return cmp.Compare(a.subject, b.subject) })
	return all
}

func answerOf(o *v1alpha1.OnboardingStatus) string {
	if o.Mail == nil {
		return ""
	}
	return o.Mail.LastError
}

func countOf(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
