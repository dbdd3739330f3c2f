// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/internal/question"
)

// isOver reports whether a question is not kept any longer. One that is confirmed is passed on whatever becomes of the workspace.
func (r *Reconciler) isOver(s *scope) bool {
	k := s.kept
	return k.Ended(r.now()) || k.State == question.Waiting && s.workspace == nil || k.State == question.Passed && s.organization == nil
}

// reconcileDelete deletes a question that is over. An event reports one that was confirmed and never passed on.
func (r *Reconciler) reconcileDelete(ctx context.Context, s *scope) error {
	if s.kept.State == question.Received || s.kept.State == question.Failed {
		r.reportDropped(s)
	}
	return r.questions.Remove(ctx, s.kept)
}

// reconcileUnreadable deletes a Secret that holds no readable question once a question would be over. Nobody can do anything with it
// until then. It returns how long that is.
func (r *Reconciler) reconcileUnreadable(ctx context.Context, secret *corev1.Secret, unreadable error) (time.Duration, error) {
	left := secret.CreationTimestamp.Add(question.KeepFor).Sub(r.now())
	if left <= 0 {
		return 0, r.questions.Discard(ctx, secret)
	}
	log.FromContext(ctx).Error(unreadable, "cannot pass a question on")
	return left, nil
}

// prune deletes an organization's oldest records beyond their greatest number.
func (r *Reconciler) prune(ctx context.Context, organization string) error {
	surplus, err := r.questions.Surplus(ctx, organization, question.KeptPerOrganization)
	for _, k := range surplus {
		if failed := r.questions.Remove(ctx, k); !apierrors.IsConflict(failed) { // one that has changed is looked at again
			err = errors.Join(err, failed)
		}
	}
	return err
}
