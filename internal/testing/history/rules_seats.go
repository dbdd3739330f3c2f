// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// seats are those of one module: how many were bought, and who has one.
type seats struct {
	bought           int
	holders, leaving []string
}

// seatsOf returns how many seats of a module an organization has bought.
func seatsOf(o *v1alpha1.Organization, module string) int {
	for _, m := range o.Spec.Subscription.Modules {
		if string(m.Name) == module && m.Seats != nil {
			return int(*m.Seats)
		}
	}
	return 0
}

func seatsIn(o *v1alpha1.Organization, module string) seats {
	s := seats{bought: seatsOf(o, module)}
	for _, m := range o.Status.Modules {
		if m.Name == module {
			s.holders, s.leaving = slices.Sorted(slices.Values(m.Holders)), slices.Sorted(slices.Values(m.Leaving))
		}
	}
	return s
}

func (s seats) has(name string) bool {
	return slices.Contains(s.holders, name) || slices.Contains(s.leaving, name)
}

// next returns why a ledger cannot follow this one, "" if it can. Seats are taken while there are some, and a holder becomes one who
// leaves before the seat is free.
func (s seats) next(after seats) string {
	taken := len(after.holders) + len(after.leaving)
	for _, name := range after.holders {
		if !s.has(name) && taken > after.bought {
			return fmt.Sprintf("%s took a seat, and %d of %d are taken", name, taken, after.bought)
		}
	}
	for _, name := range after.leaving {
		if !s.has(name) {
			return name + " leaves a seat and had none"
		}
	}
	for _, name := range s.holders {
		if !after.has(name) {
			return name + " had a seat, which is free without their having left it"
		}
	}
	return ""
}

// modulesOf returns the names of all modules of which an organization has, or had, seats.
func modulesOf(all ...*v1alpha1.Organization) []string {
	var names []string
	for _, o := range all {
		for _, m := range o.Status.Modules {
			names = append(names, m.Name)
		}
		for _, m := range o.Spec.Subscription.Modules {
			names = append(names, string(m.Name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// seatsExceeded judges a change of an organization.
func seatsExceeded(_ *world, c change) string {
	before, _ := c.before.(*v1alpha1.Organization)
	after, _ := c.after.(*v1alpha1.Organization)
	if after == nil {
		return ""
	}
	if before == nil {
		before = &v1alpha1.Organization{}
	}
	for _, module := range modulesOf(before, after) {
		if wrong := seatsIn(before, module).next(seatsIn(after, module)); wrong != "" {
			return fmt.Sprintf("module %s of %s: %s", module, after.Namespace, wrong)
		}
	}
	return ""
}

// seatless judges a change of an organization or of a user.
func seatless(w *world, c change) string {
	o := w.standing(c.one().GetNamespace())
	if o == nil {
		return ""
	}
	users := map[string]*v1alpha1.OrgUser{}
	switch changed := c.after.(type) {
	case *v1alpha1.Organization:
		users = w.usersOf[o.Namespace]
	case *v1alpha1.OrgUser:
		users[changed.Name] = changed
	}
	for name, u := range users {
		for _, module := range u.Status.Modules {
			if !seatsIn(o, string(module)).has(name) {
				return fmt.Sprintf("%s of %s has module %s in force and no seat", name, o.Namespace, module)
			}
		}
	}
	return ""
}
