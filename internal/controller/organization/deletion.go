// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/object"
)

// reconcileDelete deletes everything that belongs to a deleted Organization, and removes the finalizer when all of it is gone. It
// never waits for the ledgers: an organization that is being deleted needs no administrator.
func (r *Reconciler) reconcileDelete(ctx context.Context, o *v1alpha1.Organization) error {
	if !controllerutil.ContainsFinalizer(o, v1alpha1.Finalizer) {
		return nil
	}
	if isMisnamed(o) {
		return object.RemoveFinalizer(ctx, r.client, o)
	}
	belongings, err := r.belongings(ctx, o)
	if err != nil {
		return err
	}
	if len(belongings) > 0 {
		return r.deleteAll(ctx, o, belongings) // each one that is gone causes the next pass
	}
	if err := r.deleteDelegateBindings(ctx, o); err != nil {
		return err
	}
	return object.RemoveFinalizer(ctx, r.client, o)
}

// belongings returns the Invitations, users and workspaces that still exist. That there are none is asked of the API server: the
// cache may not know of one yet, and nobody looks again once the Organization is gone.
func (r *Reconciler) belongings(ctx context.Context, o *v1alpha1.Organization) ([]client.Object, error) {
	cached, err := r.cache.AllObjects(ctx, o.Namespace)
	if len(cached) > 0 || err != nil {
		return cached, err
	}
	return r.api.AllObjects(ctx, o.Namespace)
}

// deleteAll deletes the belongings of an Organization in their order. It ends at the first failure, because users must not be
// deleted before the Invitations that would invite them again.
func (r *Reconciler) deleteAll(ctx context.Context, o *v1alpha1.Organization, belongings []client.Object) error {
	if deleting, err := r.isBeingDeleted(ctx, o); !deleting || err != nil {
		return err
	}
	for _, b := range belongings {
		if !b.GetDeletionTimestamp().IsZero() {
			continue
		}
		if err := r.client.Delete(ctx, b, client.Preconditions{UID: new(b.GetUID())}); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

// isBeingDeleted reports whether, by the API server, this very Organization still exists and is being deleted. Whatever existed
// before the answer and belongs to it by name is its own, and not that of a successor of the same name.
func (r *Reconciler) isBeingDeleted(ctx context.Context, o *v1alpha1.Organization) (bool, error) {
	var now v1alpha1.Organization
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(o), &now); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return now.UID == o.UID && !now.DeletionTimestamp.IsZero(), nil
}

func (r *Reconciler) deleteDelegateBindings(ctx context.Context, o *v1alpha1.Organization) error {
	return r.bindings.DeleteMatching(ctx, client.InNamespace(o.Namespace), client.HasLabels{v1alpha1.LabelDelegate},
		client.MatchingLabels{v1alpha1.LabelOrganization: o.Namespace})
}
