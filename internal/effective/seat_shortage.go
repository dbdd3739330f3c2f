// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// SeatsOf says how many seats of a module there are, and how many of them somebody who requests it newly can have.
type SeatsOf struct {
	Module string
	// Bought is false if the subscription does not have the module, or no longer has it.
	Bought bool
	// Total is how many seats are bought. Free is how many of them nobody has, by the written ledger.
	Total, Free int
	// Withheld is true if the free seats cannot be given, because the status has no room for another holder.
	Withheld bool
}

// SeatsFor returns the seats of a module as a user finds them. A user who is losing a seat may have it again if there are enough. An empty
// name stands for somebody who has none.
func SeatsFor(o *v1alpha1.Organization, module v1alpha1.ObjectName, user string) SeatsOf {
	s := SeatsOf{Module: string(module)}
	s.Total, s.Bought = boughtSeats(o, module)
	m := presentSeats(o, module)
	s.Free = max(s.Total-len(m.Holders)-len(m.Leaving), 0)
	if user != "" && slices.Contains(m.Leaving, user) {
		s.Free = max(s.Total-len(m.Holders), 0)
	}
	s.Withheld = slices.Contains(WithheldModules(o), string(module))
	return s
}

// HoldsSeat reports whether a user has a seat of a module by the written ledger.
func HoldsSeat(o *v1alpha1.Organization, module v1alpha1.ObjectName, user string) bool {
	return slices.Contains(presentSeats(o, module).Holders, user)
}

// Available reports how many people who request the module newly get a seat at once.
func (s SeatsOf) Available() int {
	if !s.Bought || s.Withheld {
		return 0
	}
	return s.Free
}

// Shortage says why nobody gets a seat of the module at once. It must not be called if somebody does.
func (s SeatsOf) Shortage() string {
	switch {
	case !s.Bought:
		return fmt.Sprintf("the subscription does not have the module %q, or no longer has it", s.Module)
	case s.Total == 0:
		return fmt.Sprintf("the subscription has no seats for the module %q", s.Module)
	case s.Withheld:
		return fmt.Sprintf("the organization's status has no room for another holder of a seat of the module %q", s.Module)
	case s.Total == 1:
		return fmt.Sprintf("the only seat of the module %q is taken", s.Module)
	default:
		return fmt.Sprintf("all %d seats of the module %q are taken", s.Total, s.Module)
	}
}

// Remedy says what a person waits for who does not get a seat at once, after the word "waits".
func (s SeatsOf) Remedy() string {
	if s.Withheld {
		return "until somebody gives up a module"
	}
	return "for one that is freed or added to the subscription"
}

// CountSeats returns a number of seats in words.
func CountSeats(n int) string {
	if n == 1 {
		return "1 seat"
	}
	return fmt.Sprintf("%d seats", n)
}

// boughtSeats returns how many seats of a module the subscription has, and whether it has the module.
func boughtSeats(o *v1alpha1.Organization, module v1alpha1.ObjectName) (seats int, bought bool) {
	for _, m := range o.Spec.Subscription.Modules {
		if m.Name == module {
			if m.Seats != nil {
				seats = int(min(*m.Seats, maxHolders))
			}
			return seats, true
		}
	}
	return 0, false
}

// TakesSeats reports whether a user, as declared, takes a seat of each requested module once there is one.
func TakesSeats(u *v1alpha1.OrgUser) bool { return !u.Spec.Suspend && !IsLimited(u) }
