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
	// Requested is true when the spec asks for the role, and nothing asks for its end: no suspension, no deletion.
	Requested bool
	// Accepted is true once the person has accepted.
	Accepted bool
}

// CandidateOf reads a user's wish.
func CandidateOf(u *v1alpha1.OrgUser) Candidate {
	return Candidate{
		Name:      u.Name,
		Exists:    true,
		Requested: u.Spec.Role == v1alpha1.RoleOrganizationAdmin && !u.Spec.Suspend && u.DeletionTimestamp.IsZero(),
		Accepted:  u.Status.State == v1alpha1.UserActive,
	}
}

// Ledger is the next list of administrators in force.
type Ledger struct {
	// Administrators is the list.
	Administrators []string
	// Leaving are those who are on the list now and not on the next one although they still exist. Before they go, the
	// caller must see with its own eyes, past every cache, that somebody in Staying still wants to stay.
	Leaving []string
	// Staying are those of the present list whose wish is to stay.
	Staying []string
	// Held is who stays against the wish, because nobody else would be left (ORG-4); empty: nobody.
	Held string
}

// NextLedger plans the list of administrators in force from the present one. Whoever wishes and has accepted comes in;
// whoever no longer wishes goes, as long as somebody stays who is on the list already: so an administrator who comes in
// makes room for another to go only once on the written list.
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
		next.Held = unwilling[0]
		next.Administrators = []string{next.Held}
		next.Leaving = unwilling[1:]
	}
	for _, c := range candidates {
		if c.Requested && c.Accepted && !slices.Contains(next.Administrators, c.Name) {
			next.Administrators = append(next.Administrators, c.Name)
		}
	}
	slices.Sort(next.Administrators)
	return next
}
