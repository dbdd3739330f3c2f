// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// reconcileIntake finds out why no mails are received at the intake address, if there is one.
func (r *Reconciler) reconcileIntake(ctx context.Context, s *scope) (time.Duration, error) {
	w := s.workspace
	address := effective.IntakeOf(w)
	if address == "" {
		return 0, nil
	}
	if why := r.platform.IntakeDomains.Load().RefusalMessage(w); why != "" {
		s.intakeProblem = stalled(v1alpha1.ReasonIntakeNotAllowed, "spec.portal.intakeEmail "+why)
		return 0, nil
	}
	holder, err := r.cache.WorkspaceByIntake(ctx, address)
	if err != nil {
		return 0, err
	}
	if holder != nil && holder.UID != w.UID {
		s.intakeProblem = stalled(v1alpha1.ReasonIntakeTaken, "spec.portal.intakeEmail "+effective.IntakeTakenMessage(w, holder))
		return 0, nil
	}
	via, err := r.cache.IntakeChain(ctx, w)
	if why := effective.QueueLoopMessage(w, via); why != "" {
		s.intakeProblem = stalled(v1alpha1.ReasonIntakeLoop, "spec.portal.queueEmail "+why)
	}
	return 0, err
}
