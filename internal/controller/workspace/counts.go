// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/status"
)

// reconcileCounts counts the people who have the workspace in force. The number stays while the organization is being deleted: it would be
// written again and again until nobody is left.
func (r *Reconciler) reconcileCounts(ctx context.Context, s *scope) (time.Duration, error) {
	if isEnding(s.organization) {
		return 0, nil
	}
	users, err := r.cache.UsersInWorkspace(ctx, s.workspace.Namespace, s.workspace.Name)
	if err == nil {
		s.workspace.Status.Members = status.Count(len(users))
	}
	return 0, err
}

// isEnding reports whether there is an organization that is being deleted.
func isEnding(o *v1alpha1.Organization) bool { return o != nil && !o.DeletionTimestamp.IsZero() }

// beyondMembers passes a change of a Workspace at once, unless only its members or its status differ. Members are the OrgUser
// reconciler's, and their count is written once they are in force: a second write of a list of thousands, at the same time, would hold
// them up.
func beyondMembers() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, isBefore := e.ObjectOld.(*v1alpha1.Workspace)
		after, isAfter := e.ObjectNew.(*v1alpha1.Workspace)
		return !isBefore || !isAfter || !mapper.SameBesideGeneration(before, after) ||
			!equality.Semantic.DeepEqual(withoutMembers(before), withoutMembers(after))
	}}
}

func withoutMembers(w *v1alpha1.Workspace) v1alpha1.WorkspaceSpec {
	spec := w.Spec
	spec.Members = nil
	return spec
}

// membersPerDelay is how many listed members make a Workspace's count wait for another mapper.CountDelay: the API server takes in the
// whole list again with every write of the status, and people who arrive by the hundred would wait for that.
const membersPerDelay = 500

// countDelay is how long people who enter and leave a Workspace are gathered for one write of their number.
func (r *Reconciler) countDelay(ctx context.Context, key types.NamespacedName) (delay time.Duration, urgent bool) {
	var w v1alpha1.Workspace
	if err := r.client.Get(ctx, key, &w, client.UnsafeDisableDeepCopy); err != nil {
		return mapper.CountDelay, true // it is gone, or the pass reports what is wrong
	}
	delay = mapper.CountDelay * time.Duration(1+len(w.Spec.Members)/membersPerDelay)
	return delay, !w.DeletionTimestamp.IsZero() // its deletion waits for those who leave
}
