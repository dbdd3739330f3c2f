// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
)

// remove takes everything along that belongs to a deleted Organization, and lets it go when all of it is gone. Nothing
// of it is held back: an organization that goes needs no administrator.
func (r *Reconciler) remove(ctx context.Context, o *v1alpha1.Organization) error {
	if !slices.Contains(o.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	if o.Name != o.Namespace { // one that came past the webhooks owns nothing
		return object.RemoveFinalizer(ctx, r.client, o)
	}
	belongings, err := r.cache.Belongings(ctx, o.Namespace)
	if err != nil {
		return err
	}
	if len(belongings) == 0 { // none that the cache knows
		if belongings, err = r.api.Belongings(ctx, o.Namespace); err != nil {
			return err
		}
	}
	if len(belongings) > 0 {
		if going, err := r.isGoing(ctx, o); !going || err != nil {
			return err
		}
	}
	for _, b := range belongings {
		if !b.GetDeletionTimestamp().IsZero() {
			continue
		}
		if err := r.client.Delete(ctx, b, client.Preconditions{UID: new(b.GetUID())}); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	if len(belongings) > 0 {
		return nil // the going of each brings the next pass
	}
	if err := r.bindings.DeleteMatching(ctx, client.InNamespace(o.Namespace), client.HasLabels{v1alpha1.LabelDelegate},
		client.MatchingLabels{v1alpha1.LabelOrganization: o.Namespace}); err != nil {
		return err
	}
	return object.RemoveFinalizer(ctx, r.client, o)
}

// isGoing tells, past the cache, whether this very Organization is still there and going. Whatever was there before the answer
// and belongs to it by name is its own, and not that of a successor of the same name.
func (r *Reconciler) isGoing(ctx context.Context, o *v1alpha1.Organization) (bool, error) {
	var now v1alpha1.Organization
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(o), &now); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return now.UID == o.UID && !now.DeletionTimestamp.IsZero(), nil
}

// ofInvitation: an Organization that goes waits for its Invitations.
func (r *Reconciler) ofInvitation(_ context.Context, c mapper.Change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if !c.Deleted() {
		return nil, nil
	}
	return []types.NamespacedName{mapper.OrganizationKey(c.Before)}, nil
}
