// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// beyondCounts passes a change of an Organization at once, unless only its status differs and the ledgers in it are the same: the
// reconciler's own write of counts would otherwise cause the next count, before mapper.CountDelay has gathered any.
func beyondCounts() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, isBefore := e.ObjectOld.(*v1alpha1.Organization)
		after, isAfter := e.ObjectNew.(*v1alpha1.Organization)
		return !isBefore || !isAfter || before.Generation != after.Generation || !mapper.SameBesideGeneration(before, after) ||
			ledgersDiffer(before, after)
	}}
}

// ledgersDiffer reports whether a step of a ledger was written, or that the directory was stopped: the next step does not wait.
func ledgersDiffer(before, after *v1alpha1.Organization) bool {
	return !slices.Equal(before.Status.Administrators, after.Status.Administrators) ||
		directory.IsStopped(before) != directory.IsStopped(after) ||
		len(mapper.Difference(seats(before), seats(after))) > 0
}

// seats names every seat with its holder, and every seat with the user who is leaving it.
func seats(o *v1alpha1.Organization) []string {
	names := effective.SeatHolders(o)
	for _, m := range o.Status.Modules {
		for _, leaving := range m.Leaving {
			names = append(names, m.Name+"/leaving/"+leaving)
		}
	}
	return names
}
