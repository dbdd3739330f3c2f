// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// SeatLoss is what follows when seats of a module are cut.
type SeatLoss struct {
	Module string
	// Before and After are how many seats there are. Removed is true if the subscription no longer has the module.
	Before, After int
	Removed       bool
	// Users are the names of those who lose the module, in the order in which they had got their seats.
	Users []string
}

// SeatLosses returns who loses a seat when the subscription becomes that of after: those whom NextSeats lets leave. Everybody in the
// written ledger counts as still requesting the seat, so that no user has to be read.
func SeatLosses(before, after *v1alpha1.Organization) []SeatLoss {
	var losses []SeatLoss
	for _, m := range before.Spec.Subscription.Modules {
		loss := SeatLoss{Module: string(m.Name)}
		loss.Before, _ = boughtSeats(before, m.Name)
		seats, bought := boughtSeats(after, m.Name)
		if loss.After, loss.Removed = seats, !bought; !bought || seats < loss.Before {
			losses = append(losses, loss)
		}
	}
	if len(losses) == 0 {
		return nil
	}
	cut := &v1alpha1.Organization{Spec: after.Spec, Status: before.Status}
	stay := map[string][]string{}
	for _, next := range NextSeats(cut, holdersOf(before)) {
		stay[next.Name] = next.Holders
	}
	for n := range losses {
		holds := make(map[string]bool, len(stay[losses[n].Module]))
		for _, name := range stay[losses[n].Module] {
			holds[name] = true
		}
		for _, name := range presentSeats(before, v1alpha1.ObjectName(losses[n].Module)).Holders {
			if !holds[name] {
				losses[n].Users = append(losses[n].Users, name)
			}
		}
	}
	return slices.DeleteFunc(losses, func(l SeatLoss) bool { return len(l.Users) == 0 })
}

// holdersOf returns a user for each holder of a seat, who requests the modules of which they have one.
func holdersOf(o *v1alpha1.Organization) []*v1alpha1.OrgUser {
	var users []*v1alpha1.OrgUser
	known := map[string]*v1alpha1.OrgUser{}
	for _, m := range o.Status.Modules {
		for _, name := range m.Holders {
			u := known[name]
			if u == nil {
				u = &v1alpha1.OrgUser{}
				u.Name, u.Status.State = name, v1alpha1.UserActive
				known[name], users = u, append(users, u)
			}
			u.Spec.Modules = append(u.Spec.Modules, v1alpha1.ObjectName(m.Name))
		}
	}
	return users
}
