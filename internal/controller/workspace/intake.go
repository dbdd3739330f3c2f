// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/status"
)

// concludeIntake says why no mails come in at the intake address, unless there is something worse to say.
func (r *Reconciler) concludeIntake(ctx context.Context, w *v1alpha1.Workspace) error {
	address := effective.IntakeOf(w)
	if address == "" || !meta.IsStatusConditionTrue(w.Status.Conditions, v1alpha1.ConditionReady) {
		return nil
	}
	if why := r.platform.IntakeDomains.Refuse(w); why != "" {
		status.Stalled(w, v1alpha1.ReasonIntakeNotAllowed, "spec.portal.intakeEmail "+why)
		return nil
	}
	holder, err := r.cache.WorkspaceByIntake(ctx, address)
	if err == nil && holder != nil && holder.UID != w.UID {
		status.Stalled(w, v1alpha1.ReasonIntakeTaken, "spec.portal.intakeEmail "+effective.IntakeTaken(w, holder))
		return nil
	}
	via, behindErr := r.cache.IntakesBehind(ctx, w)
	if why := effective.QueueLoop(w, via); why != "" {
		status.Stalled(w, v1alpha1.ReasonIntakeLoop, "spec.portal.queueEmail "+why)
	}
	return errors.Join(err, behindErr)
}

// ofIntake: an intake address that comes or goes concerns the other workspaces, of whatever organization, that wish it. A
// queue that leads elsewhere concerns those whose intakes it led to, and leads to.
func (r *Reconciler) ofIntake(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	var keys []types.NamespacedName
	addresses := mapper.Difference(intakeHeld(c.Before), intakeHeld(c.After))
	for _, address := range addresses {
		wishing, err := mapper.KeysOf(r.cache.WorkspacesByIntake(ctx, address))
		if err != nil {
			return nil, err
		}
		keys = append(keys, wishing...)
	}
	if len(addresses) == 0 && slices.Equal(queueOf(c.Before), queueOf(c.After)) {
		return keys, nil
	}
	for _, w := range []*v1alpha1.Workspace{c.Before, c.After} {
		if intakeHeld(w) == nil {
			continue
		}
		behind, err := mapper.KeysOf(r.cache.IntakesBehind(ctx, w))
		if err != nil {
			return nil, err
		}
		keys = append(keys, behind...)
	}
	return keys, nil
}

func queueOf(w *v1alpha1.Workspace) []v1alpha1.EmailAddress {
	if w == nil || w.Spec.Portal == nil {
		return nil
	}
	return []v1alpha1.EmailAddress{w.Spec.Portal.QueueEmail}
}

func intakeHeld(w *v1alpha1.Workspace) []string {
	if w == nil || !w.DeletionTimestamp.IsZero() || effective.IntakeOf(w) == "" {
		return nil
	}
	return []string{effective.IntakeOf(w)}
}
