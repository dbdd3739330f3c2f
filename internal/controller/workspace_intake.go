// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/policy"
	"github.com/usher-operator/usher/internal/status"
)

// concludeIntake says when an older workspace has the intake address, unless there is something worse to say. Mails go to
// the older one.
func (r *workspaceReconciler) concludeIntake(ctx context.Context, w *v1alpha1.Workspace) error {
	address := policy.IntakeOf(w)
	if address == "" || !meta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionReady) {
		return nil
	}
	holder, err := r.lookup().WorkspaceByIntake(ctx, address)
	if err == nil && holder != nil && holder.UID != w.UID {
		status.Stalled(w, v1alpha1.ReasonIntakeTaken, "spec.portal.intakeEmail "+policy.IntakeTaken(w, holder))
	}
	return err
}

// ofIntake: an intake address that comes or goes concerns the other workspaces, of whatever organization, that wish it.
func (r *workspaceReconciler) ofIntake(ctx context.Context, c change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	for _, address := range difference(intakeHeld(c.before), intakeHeld(c.after)) {
		wishing, err := keysOf(r.lookup().WorkspacesByIntake(ctx, address))
		if err != nil {
			return nil, err
		}
		keys = append(keys, wishing...)
	}
	return keys, nil
}

func intakeHeld(w *v1alpha1.Workspace) []string {
	if w == nil || !w.DeletionTimestamp.IsZero() || policy.IntakeOf(w) == "" {
		return nil
	}
	return []string{policy.IntakeOf(w)}
}
