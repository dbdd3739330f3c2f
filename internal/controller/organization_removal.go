// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
)

// remove takes everything along that belongs to a deleted Organization, and lets it go when all of it is gone. Nothing
// of it is held back: an organization that goes needs no administrator.
func (r *organizationReconciler) remove(ctx context.Context, o *v1alpha1.Organization) error {
	if !slices.Contains(o.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	if o.Name != o.Namespace { // one that came past the webhooks owns nothing
		return r.removeFinalizer(ctx, o)
	}
	belongings, err := belongingsIn(ctx, r.lookup(), o.Namespace)
	if err != nil {
		return err
	}
	if len(belongings) == 0 { // none that the cache knows
		if belongings, err = belongingsIn(ctx, lookup.Reader{Reader: r.Live}, o.Namespace); err != nil {
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
		if err := r.Client.Delete(ctx, b, client.Preconditions{UID: new(b.GetUID())}); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	if len(belongings) > 0 {
		return nil // the going of each brings the next pass
	}
	if err := r.removeUnseen(ctx, client.InNamespace(o.Namespace), client.HasLabels{v1alpha1.LabelDelegate},
		client.MatchingLabels{v1alpha1.LabelOrganization: o.Namespace}); err != nil {
		return err
	}
	return r.removeFinalizer(ctx, o)
}

// isGoing tells, past the cache, whether this very Organization is still there and going. Whatever was there before the answer
// and belongs to it by name is its own, and not that of a successor of the same name.
func (r *organizationReconciler) isGoing(ctx context.Context, o *v1alpha1.Organization) (bool, error) {
	var now v1alpha1.Organization
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(o), &now); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return now.UID == o.UID && !now.DeletionTimestamp.IsZero(), nil
}

// belongingsIn gives the objects of an organization. Invitations go before users, so that none is invited again.
func belongingsIn(ctx context.Context, from lookup.Reader, namespace string) ([]client.Object, error) {
	invitations, err := from.Invitations(ctx, namespace)
	if err != nil {
		return nil, err
	}
	users, err := from.Users(ctx, namespace)
	if err != nil {
		return nil, err
	}
	workspaces, err := from.Workspaces(ctx, namespace)
	if err != nil {
		return nil, err
	}
	all := make([]client.Object, 0, len(invitations)+len(users)+len(workspaces))
	for _, i := range invitations {
		all = append(all, i)
	}
	for _, u := range users {
		all = append(all, u)
	}
	for _, w := range workspaces {
		all = append(all, w)
	}
	return all, nil
}

// ofInvitation: an Organization that goes waits for its Invitations.
func (r *organizationReconciler) ofInvitation(_ context.Context, c change[*v1alpha1.Invitation],
) ([]types.NamespacedName, error) {
	if !c.deleted() {
		return nil, nil
	}
	return []types.NamespacedName{organizationKey(c.before)}, nil
}
