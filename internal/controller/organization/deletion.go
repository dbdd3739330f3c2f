// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"slices"

	"k8s.io/client-go/util/workqueue"
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
		return object.Release(ctx, r.client, o, r.written)
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
	return object.Release(ctx, r.client, o, r.written)
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

// deleteAll deletes the belongings of an Organization, the Invitations first: users must not be deleted before those that would invite
// them again.
func (r *Reconciler) deleteAll(ctx context.Context, o *v1alpha1.Organization, belongings []client.Object) error {
	if deleting, err := r.isBeingDeleted(ctx, o); !deleting || err != nil {
		return err
	}
	isInvitation := func(b client.Object) bool { _, is := b.(*v1alpha1.Invitation); return is }
	left := slices.DeleteFunc(belongings, func(b client.Object) bool { return !b.GetDeletionTimestamp().IsZero() })
	others := slices.IndexFunc(left, func(b client.Object) bool { return !isInvitation(b) })
	if others < 0 {
		others = len(left)
	}
	if err := r.deleteEach(ctx, left[:others]); err != nil {
		return err
	}
	return r.deleteEach(ctx, left[others:])
}

// atATime is how many objects are deleted at the same time: as many as a reconciler has workers, which then take each of them on.
const atATime = 8

// deleteEach deletes objects, several at a time and about in their order. After a failure, it begins with no further one.
func (r *Reconciler) deleteEach(ctx context.Context, objects []client.Object) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workqueue.ParallelizeUntil(ctx, atATime, len(objects), func(n int) {
		err := r.client.Delete(ctx, objects[n], client.Preconditions{UID: new(objects[n].GetUID())})
		if client.IgnoreNotFound(err) != nil {
			stop(err)
		}
	})
	return context.Cause(ctx)
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
