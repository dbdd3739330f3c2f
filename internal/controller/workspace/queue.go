// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
)

// reconcileQueue finds out whether the queue's address is used, and has its owner asked if nobody else may decide (GTA-8). It cannot fail:
// a status that describes the spec and says nothing about the queue would count as one of a version that did not ask.
func (r *Reconciler) reconcileQueue(_ context.Context, s *scope) (time.Duration, error) {
	w, now := s.workspace, r.now()
	w.Status.Queue = effective.NextQueue(w, effective.QueueFacts{
		Domains: r.platform.QueueDomains.Load(), Organization: s.organization, Now: now,
		MessageID: func(email string, n int32) string {
			return onboarding.MessageID(effective.UIDOf(w), email, v1alpha1.MailQueueConfirmation, n, r.platform.MailDomain)
		},
	})
	if why, passes := effective.QueueProblem(w); passes {
		s.queueProblem = progressing(v1alpha1.ReasonQueueUnconfirmed, why)
	} else if why != "" {
		s.queueProblem = stalled(v1alpha1.ReasonQueueRefused, why)
	}
	if q := &w.Status.Queue; q.State == v1alpha1.QueueRequested && q.ExpirationTime != nil {
		return max(q.ExpirationTime.Sub(now), time.Millisecond), nil
	}
	return 0, nil
}
