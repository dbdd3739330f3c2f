// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// BenchmarkMaxima measures each watch handler, and the phases of a pass that write nothing, at the API's maxima: a workspace with 1,000
// devices, all of whose serial numbers another workspace has, among 10,000 people and 1,000 workspaces.
func BenchmarkMaxima(b *testing.B) {
	o, w, other := maxima.Organization(), maxima.Workspace(), maxima.Workspace()
	other.Name, w.CreationTimestamp.Time = "other", w.CreationTimestamp.AddDate(0, 0, 1)
	cache := maxima.NewCache(b.Context(), lookup.AddIndexes, o)
	users := maxima.Users(10000, v1alpha1.RoleMember)
	maxima.AddAll(cache, users)
	maxima.AddAll(cache, maxima.Workspaces(1000))
	cache.Add(w, other)
	r := &Reconciler{cache: lookup.New(cache, effective.IntakeDomains{}), client: cache, now: time.Now}

	maxima.Run(b, "organization/handler", func() error {
		_, err := r.workspacesForOrganization(b.Context(), mapper.Change[*v1alpha1.Organization]{After: o})
		return err
	})
	maxima.Run(b, "orguser/handler/assignee", func() error {
		_, err := r.workspacesForAssignee(b.Context(), mapper.Change[*v1alpha1.OrgUser]{After: users[0]})
		return err
	})
	maxima.Run(b, "workspace/handler/serials", func() error {
		_, err := r.workspacesForSerials(b.Context(), mapper.Change[*v1alpha1.Workspace]{After: w})
		return err
	})
	maxima.Run(b, "workspace/predicate", func() error {
		beyondMembers().Update(event.UpdateEvent{ObjectOld: w, ObjectNew: w.DeepCopy()})
		return nil
	})
	maxima.Run(b, "workspace/handler/intake", func() error {
		_, err := r.workspacesForIntake(b.Context(), mapper.Change[*v1alpha1.Workspace]{After: w})
		return err
	})
	maxima.Run(b, "pass", func() error {
		s := &scope{workspace: w.DeepCopy(), before: w, organization: o}
		_, err := phase.Run(b.Context(), s.workspace, s, r.reconcileCounts, r.reconcileContacts, r.reconcileDevices, r.reconcileMissingAccounts)
		return err
	})
}
