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

// HoldDelay is how long somebody must be held back before it is an alert: while administrators change places, it
// may look so for a moment.
const HoldDelay = 3 * time.Second

// Alerts gives the causes to alert contacts, in order, and how long until time alone brings another one; zero: it does
// not. A workspace's contacts are told what concerns its people, and not what concerns the organization as a whole.
func Alerts(w Snapshot) (causes []Alert, wait time.Duration) {
	if w.Workspace == nil {
		causes, wait = w.held()
	}
	causes = append(causes, w.exhausted()...)
	return append(causes, w.undeliverable()...), wait
}

// held: the last administrator stays against the wish (ORG-4).
func (w Snapshot) held() ([]Alert, time.Duration) {
	administrators := w.Organization.Status.Administrators
	if len(administrators) != 1 {
		return nil, 0
	}
	u := w.user(administrators[0])
	if u == nil || effective.CandidateOf(u).Wished {
		return nil, 0
	}
	stalled := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled == nil || stalled.Reason != v1alpha1.ReasonLastAdministrator {
		return nil, 0
	}
	if age := w.Now.Sub(stalled.LastTransitionTime.Time); age < HoldDelay {
		return nil, HoldDelay - age
	}
	return []Alert{{v1alpha1.AlertLastAdministratorHeld, u.Name}}, 0
}

// exhausted: the last seat of a module is taken, or somebody waits for one and there is none (GTA-11). In a workspace it
// counts only while somebody waits who is to work there.
func (w Snapshot) exhausted() []Alert {
	var causes []Alert
	for i := range w.Organization.Status.Modules {
		m := &w.Organization.Status.Modules[i]
		seats := countOf(m.Seats)
		if countOf(m.Used) < seats || !w.bought(m.Name) {
			continue
		}
		if w.Workspace == nil && seats > 0 || len(w.waiting(m)) > 0 {
			causes = append(causes, Alert{v1alpha1.AlertSeatsExhausted, m.Name})
		}
	}
	slices.SortFunc(causes, func(a, b Alert) int { return cmp.Compare(a.Subject, b.Subject) })
	return causes
}

func (w Snapshot) bought(module string) bool {
	return slices.ContainsFunc(w.Organization.Spec.Subscription.Modules, func(m v1alpha1.Module) bool {
		return string(m.Name) == module
	})
}

// waiting gives who waits for a seat of a module, the oldest first.
func (w Snapshot) waiting(m *v1alpha1.ModuleStatus) []*v1alpha1.OrgUser {
	var waiting []*v1alpha1.OrgUser
	for _, u := range w.Users {
		if effective.WishesSeat(u, v1alpha1.ObjectName(m.Name)) && !slices.Contains(m.Holders, u.Name) && w.concerned(u) {
			waiting = append(waiting, u)
		}
	}
	slices.SortFunc(waiting, func(a, b *v1alpha1.OrgUser) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return waiting
}

// refused is an invitation that the mail server refuses for good.
type refused struct {
	subject, email, invitation, answer string
}

// undeliverable: the mail server refuses an invitation for good. It lasts until somebody sends again, or takes the
// address out.
func (w Snapshot) undeliverable() []Alert {
	all := w.refused()
	causes := make([]Alert, 0, len(all))
	for _, r := range all {
		causes = append(causes, Alert{v1alpha1.AlertInvitationUndeliverable, r.subject})
	}
	return causes
}

func (w Snapshot) refused() []refused {
	var all []refused
	for _, i := range w.Invitations {
		for n := range i.Status.Recipients {
			r := &i.Status.Recipients[n]
			if r.State == v1alpha1.RecipientUndeliverable && i.DeletionTimestamp.IsZero() && w.invites(i, r) {
				all = append(all, refused{
					subject: subjectOf("Invitation", i.Name, emailaddr.Normalize(string(r.Email))), email: string(r.Email),
					invitation: i.Name, answer: answerOf(&r.OnboardingStatus),
				})
			}
		}
	}
	for _, u := range w.Users {
		o := u.Status.Onboarding
		if o != nil && o.State == v1alpha1.RecipientUndeliverable && u.Labels[v1alpha1.LabelInvitation] == "" &&
			u.DeletionTimestamp.IsZero() && u.Status.State == v1alpha1.UserPending && w.concerned(u) {
			all = append(all, refused{
				subject: subjectOf("OrgUser", u.Name, emailaddr.Normalize(string(u.Spec.Email))),
				email:   string(u.Spec.Email), answer: answerOf(o),
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

// invites tells whether a recipient is to work in the workspace, if there is one.
func (w Snapshot) invites(i *v1alpha1.Invitation, r *v1alpha1.RecipientStatus) bool {
	if u := w.user(r.User); u != nil {
		return w.concerned(u)
	}
	return w.places(string(r.Email), i.Spec.Workspaces, i.Spec.Groups)
}

// concerned tells whether a person is, or wishes to be, in the workspace, if there is one.
func (w Snapshot) concerned(u *v1alpha1.OrgUser) bool {
	return w.places(string(u.Spec.Email), u.Spec.Workspaces, u.Spec.Groups)
}

func (w Snapshot) places(email string, wishes []v1alpha1.WorkspaceGrant, groups []v1alpha1.ObjectName) bool {
	if w.Workspace == nil {
		return true
	}
	if slices.ContainsFunc(wishes, func(g v1alpha1.WorkspaceGrant) bool { return string(g.Name) == w.Workspace.Name }) {
		return true
	}
	return slices.ContainsFunc(w.Workspace.Spec.Members, func(m v1alpha1.WorkspaceMember) bool {
		return m.Email != "" && emailaddr.Same(string(m.Email), email) ||
			m.Group != "" && slices.Contains(groups, m.Group)
	})
}

func (w Snapshot) user(name string) *v1alpha1.OrgUser {
	for _, u := range w.Users {
		if u.Name == name {
			return u
		}
	}
	return nil
}

func countOf(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
