// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// NextSeats plans who has a seat of each module: first come, first served. Who has one keeps it while the wish and the
// number of seats last; who waits is served by age (GTA-11).
//
// A seat changes hands in two plans, so that two people never use it side by side. The first says who leaves. The second
// gives the seat to the next one, when who leaves was seen to wish and to have the module no longer. For those who leave
// by the written plan, users must therefore be read past the cache, after it was written; see Leaving.
func NextSeats(o *v1alpha1.Organization, users []*v1alpha1.OrgUser) []v1alpha1.ModuleStatus {
	var next []v1alpha1.ModuleStatus
	bought := map[string]bool{}
	for _, module := range o.Spec.Subscription.Modules {
		var seats int32
		if module.Seats != nil {
			seats = *module.Seats
		}
		bought[string(module.Name)] = true
		next = append(next, nextSeats(presentSeats(o, module.Name), users, module.Name, seats))
	}
	// Holders of a module that is no longer bought are remembered while they leave: the module may be bought again before
	// they have left, and somebody else would get the seat beside them.
	for _, former := range o.Status.Modules {
		if bought[former.Name] {
			continue
		}
		if left := nextSeats(former, users, v1alpha1.ObjectName(former.Name), 0); len(left.Leaving) > 0 {
			next = append(next, left)
		}
	}
	return next
}

func nextSeats(present v1alpha1.ModuleStatus, users []*v1alpha1.OrgUser, module v1alpha1.ObjectName, seats int32,
) v1alpha1.ModuleStatus {
	holders, leaving := nextHolders(present, users, module, int(seats))
	used := int32(len(holders) + len(leaving)) //nolint:gosec // at most seats, before and after a change of them
	return v1alpha1.ModuleStatus{
		Name: string(module), Seats: &seats, Used: &used, Holders: holders, Leaving: leaving,
	}
}

// Leaving names those whose seats are free once the module is in force for them no longer.
func Leaving(o *v1alpha1.Organization) []string {
	var names []string
	for _, m := range o.Status.Modules {
		names = append(names, m.Leaving...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func presentSeats(o *v1alpha1.Organization, module v1alpha1.ObjectName) v1alpha1.ModuleStatus {
	for _, m := range o.Status.Modules {
		if m.Name == string(module) {
			return m
		}
	}
	return v1alpha1.ModuleStatus{}
}

// requesters gives the names of who wishes a module, the oldest first.
func requesters(users []*v1alpha1.OrgUser, module v1alpha1.ObjectName) []string {
	var wishing []*v1alpha1.OrgUser
	for _, u := range users {
		if RequestsSeat(u, module) {
			wishing = append(wishing, u)
		}
	}
	slices.SortFunc(wishing, func(a, b *v1alpha1.OrgUser) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	names := make([]string, 0, len(wishing))
	for _, u := range wishing {
		names = append(names, u.Name)
	}
	return names
}

// RequestsSeat tells whether a user, as it is written, is to have a seat of a module if there is one.
func RequestsSeat(u *v1alpha1.OrgUser, module v1alpha1.ObjectName) bool {
	return mayHoldSeats(u) && slices.Contains(u.Spec.Modules, module)
}

// mayHoldSeats: a seat is taken while the person is active, or invited and able to accept. Limited accounts take none
// (LMI-2).
func mayHoldSeats(u *v1alpha1.OrgUser) bool {
	if u.Spec.Suspend || !u.DeletionTimestamp.IsZero() || IsLimited(u) {
		return false
	}
	return u.Status.State == v1alpha1.UserActive ||
		u.Status.State == v1alpha1.UserPending && !meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionStalled)
}

func nextHolders(present v1alpha1.ModuleStatus, users []*v1alpha1.OrgUser, module v1alpha1.ObjectName, seats int,
) (holders, leaving []string) {
	wishing := requesters(users, module)
	waits := make(map[string]bool, len(wishing))
	for _, name := range wishing {
		waits[name] = true
	}
	hold := func(name string, free int) bool {
		if !waits[name] || free <= 0 {
			return false
		}
		holders = append(holders, name)
		delete(waits, name)
		return true
	}
	for _, name := range present.Holders {
		if !hold(name, seats-len(holders)) {
			leaving = append(leaving, name)
			delete(waits, name)
		}
	}
	using := usersOf(users, module)
	for _, name := range present.Leaving {
		if !hold(name, seats-len(holders)) && using[name] {
			leaving = append(leaving, name)
			delete(waits, name)
		}
	}
	for _, name := range wishing {
		hold(name, seats-len(holders)-len(leaving))
	}
	return holders, leaving
}

// usersOf tells for whom a module is in force.
func usersOf(users []*v1alpha1.OrgUser, module v1alpha1.ObjectName) map[string]bool {
	using := map[string]bool{}
	for _, u := range users {
		if slices.Contains(u.Status.Modules, module) {
			using[u.Name] = true
		}
	}
	return using
}

// ModulesInForce gives the wished modules of which a user has a seat, and those that wait for one.
func ModulesInForce(o *v1alpha1.Organization, u *v1alpha1.OrgUser) (granted []v1alpha1.ObjectName, waiting []string) {
	for _, module := range u.Spec.Modules {
		if slices.Contains(presentSeats(o, module).Holders, u.Name) {
			granted = append(granted, module)
		} else {
			waiting = append(waiting, string(module))
		}
	}
	return granted, waiting
}
