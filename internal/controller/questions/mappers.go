// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package questions

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// questionsForWorkspace returns the questions to a workspace that are not passed on, if the queue's address may have changed or the
// page may be gone.
func (r *Reconciler) questionsForWorkspace(ctx context.Context, c mapper.Change[*v1alpha1.Workspace]) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && c.Before.Generation == c.After.Generation &&
		c.Before.DeletionTimestamp.IsZero() == c.After.DeletionTimestamp.IsZero() &&
		effective.QueueInForce(c.Before) == effective.QueueInForce(c.After) {
		return nil, nil
	}
	return r.questions.OpenOfWorkspace(ctx, c.Newest().Namespace, c.Newest().Name)
}

// questionsForOrganization returns all questions to an organization that is deleted, whose records are deleted with it.
func (r *Reconciler) questionsForOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Deleted() {
		return nil, nil
	}
	return r.questions.OfOrganization(ctx, c.Before.Name)
}
