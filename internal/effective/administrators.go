// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Candidate is a user as the ledger of administrators sees it.
type Candidate struct {
	Name string
	// Exists is false when the object is gone.
	Exists bool
	// Requested is true if the spec requests the role, or a group by the written status, and nothing requests its end: neither suspension
	// nor deletion.
	Requested bool
	// Accepted is true once the person has accepted.
	Accepted bool
	// Acts is true while the role is in force. Somebody who has just been added to the ledger is still without it.
	Acts bool
}

// CandidateOf returns what a user requests.
func CandidateOf(u *v1alpha1.OrgUser) Candidate {
	return Candidate{
		Name:      u.Name,
		Exists:    true,
		Requested: requestsAdministration(u, u.Status.ByGroup),
		Accepted:  u.Status.State == v1alpha1.UserActive,
		Acts:      u.Status.State == v1alpha1.UserActive && u.Status.Role == v1alpha1.RoleOrganizationAdmin,
	}
}

// requestsAdministration reports whether a user is to be an administrator, with what the groups give.
func requestsAdministration(u *v1alpha1.OrgUser, given v1alpha1.ByGroupStatus) bool {
	return requestedRole(u, given) == v1alpha1.RoleOrganizationAdmin && !u.Spec.Suspend && u.DeletionTimestamp.IsZero()
}

// Ledger is the next list of administrators in force.
type Ledger struct {
	// Administrators is the list.
	Administrators []string
	// Leaving are those who are on the present list and not on the next one although they still exist. Before they are
	// dropped, the caller must verify past every cache that somebody in Staying still requests to stay.
	Leaving []string
	// Staying are those on the present list who request to stay.
	Staying []string
	// Held is who stays against their request because nobody else would be left (ORG-4): somebody whose role is in force, if there
	// is one. Empty if nobody is held.
	Held string
}

// NextLedger plans the list of administrators in force from the present one. Those who request the role and have accepted are
// added. Those who no longer request it are dropped as long as somebody stays who is already on the list: a new administrator
// makes room for another one to leave only once the new one is on the written list. At most 100 are added at once, and none beyond
// MaxAdministrators.
func NextLedger(current []string, candidates []Candidate) Ledger {
	byName := make(map[string]Candidate, len(candidates))
	for _, c := range candidates {
		byName[c.Name] = c
	}
	var next Ledger
	var unwilling []string
	for _, name := range current {
		switch c := byName[name]; {
		case c.Requested:
			next.Staying = append(next.Staying, name)
		case c.Exists:
			unwilling = append(unwilling, name)
		}
	}
	next.Administrators = slices.Clone(next.Staying)
	switch {
	case len(next.Staying) > 0:
		next.Leaving = unwilling
	case len(unwilling) > 0:
		held := max(slices.IndexFunc(unwilling, func(name string) bool { return byName[name].Acts }), 0)
		next.Held = unwilling[held]
		next.Administrators = []string{next.Held}
		next.Leaving = slices.Delete(unwilling, held, held+1)
	}
	next.Administrators = append(next.Administrators, newcomers(next.Administrators, candidates)...)
	slices.Sort(next.Administrators)
	return next
}

// newcomers returns those who request the role, have accepted, and are not on the list yet, as far as the list has room for them.
func newcomers(listed []string, candidates []Candidate) []string {
	known := make(map[string]bool, len(listed))
	for _, name := range listed {
		known[name] = true
	}
	var names []string
	for _, c := range candidates {
		if c.Requested && c.Accepted && !known[c.Name] {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names[:max(0, min(len(names), maxNewcomers, MaxAdministrators-len(listed)))]
}

// LedgerFull reports whether the list of administrators has no room for another one.
func LedgerFull(o *v1alpha1.Organization) bool {
	return o != nil && len(o.Status.Administrators) >= MaxAdministrators
}

// InLedger reports whether a user is an administrator in force. An organization that is being deleted has none.
func InLedger(o *v1alpha1.Organization, u *v1alpha1.OrgUser) bool {
	return o != nil && o.DeletionTimestamp.IsZero() && slices.Contains(o.Status.Administrators, u.Name)
}
