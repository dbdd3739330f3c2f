// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// NextSeats plans who has a seat of each module: first come, first served. Who has one keeps it while the wish and the
// number of seats last, and until the module is no longer in force for him: the next one must not have it beside him. Who
// waits is served by age (GTA-11).
func NextSeats(o *v1alpha1.Organization, users []*v1alpha1.OrgUser) []v1alpha1.ModuleStatus {
	var next []v1alpha1.ModuleStatus
	for _, module := range o.Spec.Subscription.Modules {
		var seats int32
		if module.Seats != nil {
			seats = *module.Seats
		}
		holders := nextHolders(stayingHolders(o, users, module.Name), wishers(users, module.Name), int(seats))
		used := int32(len(holders)) //nolint:gosec // at most seats
		next = append(next, v1alpha1.ModuleStatus{Name: string(module.Name), Seats: &seats, Used: &used, Holders: holders})
	}
	return next
}

// SeatsLeft names the holders who would lose a seat by the next plan.
func SeatsLeft(o *v1alpha1.Organization, users []*v1alpha1.OrgUser) []string {
	var names []string
	for _, next := range NextSeats(o, users) {
		for _, name := range presentHolders(o, v1alpha1.ObjectName(next.Name)) {
			if !slices.Contains(next.Holders, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// stayingHolders are the present holders who wish the module or have it in force still.
func stayingHolders(o *v1alpha1.Organization, users []*v1alpha1.OrgUser, module v1alpha1.ObjectName) []string {
	keeps := map[string]bool{}
	for _, u := range users {
		keeps[u.Name] = wishesSeat(u, module) || slices.Contains(u.Status.Modules, module)
	}
	var names []string
	for _, name := range presentHolders(o, module) {
		if keeps[name] {
			names = append(names, name)
		}
	}
	return names
}

func presentHolders(o *v1alpha1.Organization, module v1alpha1.ObjectName) []string {
	for _, m := range o.Status.Modules {
		if m.Name == string(module) {
			return m.Holders
		}
	}
	return nil
}

// wishers gives the names of who wishes a module, the oldest first.
func wishers(users []*v1alpha1.OrgUser, module v1alpha1.ObjectName) []string {
	var wishing []*v1alpha1.OrgUser
	for _, u := range users {
		if wishesSeat(u, module) {
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

func wishesSeat(u *v1alpha1.OrgUser, module v1alpha1.ObjectName) bool {
	return takesSeats(u) && slices.Contains(u.Spec.Modules, module)
}

// takesSeats: a seat is taken while the person is active, or invited and able to accept. Limited accounts take none
// (LMI-2).
func takesSeats(u *v1alpha1.OrgUser) bool {
	if u.Spec.Suspend || !u.DeletionTimestamp.IsZero() || u.Spec.Access == v1alpha1.AccessLimited {
		return false
	}
	return u.Status.State == v1alpha1.UserActive ||
		u.Status.State == v1alpha1.UserPending && !meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionStalled)
}

func nextHolders(staying, wishing []string, seats int) []string {
	holders := slices.Clone(staying[:min(len(staying), seats)])
	known := make(map[string]bool, len(staying))
	for _, name := range staying {
		known[name] = true
	}
	for _, name := range wishing {
		if len(holders) < seats && !known[name] {
			holders = append(holders, name)
		}
	}
	return holders
}

// ModulesInForce gives the wished modules of which a user has a seat, and those that wait for one.
func ModulesInForce(o *v1alpha1.Organization, u *v1alpha1.OrgUser) (granted []v1alpha1.ObjectName, waiting []string) {
	for _, module := range u.Spec.Modules {
		if slices.Contains(presentHolders(o, module), u.Name) {
			granted = append(granted, module)
		} else {
			waiting = append(waiting, string(module))
		}
	}
	return granted, waiting
}
