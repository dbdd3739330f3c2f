// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
)

// States returns the states that a report counts, in order.
func States() []v1alpha1.UserState {
	return []v1alpha1.UserState{v1alpha1.UserActive, v1alpha1.UserPending, v1alpha1.UserSuspended, v1alpha1.UserRemoving}
}

// Report is the state of an organization or a workspace in numbers.
type Report struct {
	// Total and States count the people.
	Total  int
	States map[v1alpha1.UserState]int
	// Roles counts them by role, the most powerful first, without Limited accounts.
	Roles []RoleCount
	// Limited counts Limited accounts.
	Limited int
	// Access counts the people of a workspace by their access; nil: it is an organization's report.
	Access map[v1alpha1.WorkspaceAccess]int
	// Pending lists the people who are invited and can still accept, by address.
	Pending []PendingInvitation
	// Seats counts the seats of each module: bought and used, in a workspace those that its people use.
	Seats []SeatCount

	people   []*v1alpha1.OrgUser
	snapshot Snapshot
}

// RoleCount is how many people have a role, by state.
type RoleCount struct {
	Role   v1alpha1.Role
	States map[v1alpha1.UserState]int
}

// PendingInvitation is a person who is invited and can still accept.
type PendingInvitation struct {
	Email, Invitation string
	State             v1alpha1.RecipientState
	Role              v1alpha1.Role
	Expires           time.Time
}

// SeatCount is how many seats a module has, and how many are used.
type SeatCount struct {
	Module      string
	Used, Seats int32
}

// NewReport returns the report of a snapshot.
func NewReport(s Snapshot) *Report {
	r := &Report{States: map[v1alpha1.UserState]int{}, snapshot: s}
	roles := map[v1alpha1.Role]map[v1alpha1.UserState]int{}
	if s.Workspace != nil {
		r.Access = map[v1alpha1.WorkspaceAccess]int{}
	}
	for _, u := range s.Users {
		access := s.accessOf(u)
		if s.Workspace != nil && access == "" {
			continue
		}
		r.people = append(r.people, u)
		r.Total++
		r.States[stateOf(u)]++
		if s.Workspace != nil {
			r.Access[access]++
		}
		if u.Spec.Access == v1alpha1.AccessLimited {
			r.Limited++
			continue
		}
		if roles[roleOf(u)] == nil {
			roles[roleOf(u)] = map[v1alpha1.UserState]int{}
		}
		roles[roleOf(u)][stateOf(u)]++
	}
	for _, role := range authz.Roles() {
		if roles[role] != nil {
			r.Roles = append(r.Roles, RoleCount{role, roles[role]})
		}
	}
	slices.SortFunc(r.people, func(a, b *v1alpha1.OrgUser) int { return cmp.Compare(effective.EmailOf(a), effective.EmailOf(b)) })
	r.Pending, r.Seats = s.pending(), s.seats(r.people)
	return r
}

// accessOf returns a user's access in force in the workspace, if there is one.
func (s Snapshot) accessOf(u *v1alpha1.OrgUser) v1alpha1.WorkspaceAccess {
	if s.Workspace == nil {
		return ""
	}
	for _, grant := range u.Status.Workspaces {
		if grant.Name == s.Workspace.Name {
			return grant.Access
		}
	}
	return ""
}

// stateOf returns a user's state. A user whom no reconciler has seen yet is pending.
func stateOf(u *v1alpha1.OrgUser) v1alpha1.UserState {
	return cmp.Or(u.Status.State, v1alpha1.UserPending)
}

// roleOf returns the role in force, or the requested one if there is none.
func roleOf(u *v1alpha1.OrgUser) v1alpha1.Role {
	return cmp.Or(u.Status.Role, effective.RequestedRole(u))
}

func (s Snapshot) pending() []PendingInvitation {
	var all []PendingInvitation
	among := s.circle()
	for _, i := range s.Invitations {
		for n := range i.Status.Recipients {
			r := &i.Status.Recipients[n]
			if onboarding.Open(r.State) && r.HeldBy == "" && among.invites(i, r) {
				all = append(all, pendingOf(string(r.Email), i.Name, i.Spec.Role, &r.OnboardingStatus))
			}
		}
	}
	for _, u := range s.Users {
		o := u.Status.Onboarding
		if o != nil && onboarding.Open(o.State) && u.Status.State == v1alpha1.UserPending &&
			u.Labels[v1alpha1.LabelInvitation] == "" && among.includes(u) {
			all = append(all, pendingOf(string(effective.EmailOf(u)), "", u.Spec.Role, o))
		}
	}
	slices.SortFunc(all, func(a, b PendingInvitation) int {
		return cmp.Or(strings.Compare(a.Email, b.Email), strings.Compare(a.Invitation, b.Invitation))
	})
	return all
}

func pendingOf(email, name string, role v1alpha1.Role, o *v1alpha1.OnboardingStatus) PendingInvitation {
	p := PendingInvitation{Email: email, Invitation: name, State: o.State, Role: role}
	if o.ExpirationTime != nil {
		p.Expires = o.ExpirationTime.Time
	}
	return p
}

func (s Snapshot) seats(people []*v1alpha1.OrgUser) []SeatCount {
	var all []SeatCount
	for i := range s.Organization.Status.Modules {
		m := &s.Organization.Status.Modules[i]
		if s.removed(m.Name) {
			continue // it has no seats, although somebody may be losing one
		}
		count := SeatCount{Module: m.Name, Used: countOf(m.Used), Seats: countOf(m.Seats)}
		if s.Workspace != nil {
			count.Used = 0
			holds := holdersOf(m)
			for _, u := range people {
				if holds(u.Name) {
					count.Used++
				}
			}
		}
		all = append(all, count)
	}
	slices.SortFunc(all, func(a, b SeatCount) int { return strings.Compare(a.Module, b.Module) })
	return all
}
