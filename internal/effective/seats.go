// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// NextSeats plans who has a seat of each module: first come, first served. A user who has a seat keeps it while they request
// the module and the number of seats allows it. Users who wait are served by age (GTA-11).
//
// A seat changes hands in two plans, so that two people never use it side by side. The first plan says who leaves. The second
// one gives the seat to the next user, once the one who leaves has been seen neither to request nor to have the module. For
// users who leave according to the written plan, users must therefore be read past the cache, after the plan was written; see
// Leaving.
//
// Unread names users who leave but were not read past the cache: they count as having the module still. Nobody gets a seat for whose
// name the status has no room; see WithheldModules.
func NextSeats(o *v1alpha1.Organization, users []*v1alpha1.OrgUser, unread ...string) []v1alpha1.ModuleStatus {
	p := seatPlan{users: users, unread: make(map[string]bool, len(unread)), room: maxSeatBytes - seatBytes(o)}
	for _, name := range unread {
		p.unread[name] = true
	}
	bought := map[string]bool{}
	for _, module := range o.Spec.Subscription.Modules {
		bought[string(module.Name)] = true
	}
	// Holders of a module that is no longer bought are remembered until they have left: the module may be bought again before
	// that, and somebody else would get the seat beside them.
	var former []v1alpha1.ModuleStatus
	for _, m := range o.Status.Modules {
		if bought[m.Name] {
			continue
		}
		if left := p.next(m, v1alpha1.ObjectName(m.Name), 0); len(left.Leaving) > 0 {
			former = append(former, left)
		}
	}
	var next []v1alpha1.ModuleStatus
	for _, module := range o.Spec.Subscription.Modules {
		present := presentSeats(o, module.Name)
		if present.Name == "" && len(next)+len(former) >= maxModules {
			continue // its seats are given once the holders of former modules have left
		}
		seats, _ := boughtSeats(o, module.Name)
		next = append(next, p.next(present, module.Name, seats))
	}
	return append(next, former...)
}

// seatPlan is what the plans of all modules share.
type seatPlan struct {
	users  []*v1alpha1.OrgUser
	unread map[string]bool
	// room is how many more bytes the names of holders may take.
	room int
}

func (p *seatPlan) next(present v1alpha1.ModuleStatus, module v1alpha1.ObjectName, seats int) v1alpha1.ModuleStatus {
	holders, leaving := p.nextHolders(present, module, seats)
	bought, used := int32(seats), int32(len(holders)+len(leaving)) //nolint:gosec // used: at most the seats before or after a change
	return v1alpha1.ModuleStatus{
		Name: string(module), Seats: &bought, Used: &used, Holders: holders, Leaving: leaving,
	}
}

// Leaving returns the names of the users whose seats become free once the module is no longer in force for them.
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

// requesters returns the names of the users who request a module, the oldest first.
func requesters(users []*v1alpha1.OrgUser, module v1alpha1.ObjectName) []string {
	var requesting []*v1alpha1.OrgUser
	for _, u := range users {
		if RequestsSeat(u, module) {
			requesting = append(requesting, u)
		}
	}
	slices.SortFunc(requesting, func(a, b *v1alpha1.OrgUser) int {
		return cmp.Or(CreatedAt(a).Compare(CreatedAt(b).Time), cmp.Compare(a.Name, b.Name))
	})
	names := make([]string, 0, len(requesting))
	for _, u := range requesting {
		names = append(names, u.Name)
	}
	return names
}

// RequestsSeat reports whether a user, as written, is to have a seat of a module if one is free.
func RequestsSeat(u *v1alpha1.OrgUser, module v1alpha1.ObjectName) bool {
	return mayHoldSeats(u) && requestsModule(u, module)
}

// mayHoldSeats reports whether a user is active, or invited and able to accept. Limited accounts take no seats (LMI-2).
func mayHoldSeats(u *v1alpha1.OrgUser) bool {
	if u.Spec.Suspend || !u.DeletionTimestamp.IsZero() || IsLimited(u) {
		return false
	}
	return u.Status.State == v1alpha1.UserActive ||
		u.Status.State == v1alpha1.UserPending && !meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionStalled) &&
			!waitsForAddress(u)
}

// waitsForAddress reports whether a user is not in force because another one, who may have a seat already, has the same address.
func waitsForAddress(u *v1alpha1.OrgUser) bool {
	ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && (ready.Reason == v1alpha1.ReasonDuplicateAddress || ready.Reason == v1alpha1.ReasonAwaitingHandover)
}

func (p *seatPlan) nextHolders(present v1alpha1.ModuleStatus, module v1alpha1.ObjectName, seats int) (holders, leaving []string) {
	requesting := requesters(p.users, module)
	waits := make(map[string]bool, len(requesting))
	for _, name := range requesting {
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
	using := usersOf(p.users, module)
	for _, name := range present.Leaving {
		if !hold(name, seats-len(holders)) && (using[name] || p.unread[name]) {
			leaving = append(leaving, name)
			delete(waits, name)
		}
	}
	for _, name := range requesting {
		if holderBytes(name) <= p.room && hold(name, seats-len(holders)-len(leaving)) {
			p.room -= holderBytes(name)
		}
	}
	return holders, leaving
}

// usersOf returns the names of the users for whom a module is in force.
func usersOf(users []*v1alpha1.OrgUser, module v1alpha1.ObjectName) map[string]bool {
	using := map[string]bool{}
	for _, u := range users {
		if slices.Contains(u.Status.Modules, module) {
			using[u.Name] = true
		}
	}
	return using
}

// ModulesInForce returns the requested modules of which a user has a seat, and those of which the user waits for one.
func ModulesInForce(o *v1alpha1.Organization, u *v1alpha1.OrgUser) (granted []v1alpha1.ObjectName, waiting []string) {
	return seatsAmong(o, u.Name, RequestedModules(u))
}

// maxModulesInForce is how many modules the status of a user lists.
const maxModulesInForce = 32

func seatsAmong(o *v1alpha1.Organization, user string, modules []v1alpha1.ObjectName) (granted []v1alpha1.ObjectName, waiting []string) {
	for _, module := range modules {
		if slices.Contains(presentSeats(o, module).Holders, user) && len(granted) < maxModulesInForce {
			granted = append(granted, module)
		} else {
			waiting = append(waiting, string(module))
		}
	}
	return granted, waiting
}

// SeatHolders returns every seat of an organization as module/holder.
func SeatHolders(o *v1alpha1.Organization) []string {
	var names []string
	for _, m := range o.Status.Modules {
		for _, holder := range m.Holders {
			names = append(names, m.Name+"/"+holder)
		}
	}
	return names
}
