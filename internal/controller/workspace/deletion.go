// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// reconcileDelete ends a deleted Workspace: it waits until nobody has access any more, removes the settings, and then the namespace if
// that is requested.
func (r *Reconciler) reconcileDelete(ctx context.Context, w *v1alpha1.Workspace) error {
	if !controllerutil.ContainsFinalizer(w, v1alpha1.Finalizer) {
		return nil
	}
	users, err := r.cache.UsersInWorkspace(ctx, w.Namespace, w.Name)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return status.Await(ctx, r.client, w, v1alpha1.ReasonRemoving,
			"removing the access of "+wording.Count(len(users), "person", "people"))
	}
	groups, err := r.cache.GroupsBoundIn(ctx, w.Namespace, w.Name)
	if err != nil {
		return err
	}
	if len(groups) > 0 {
		return status.Await(ctx, r.client, w, v1alpha1.ReasonRemoving,
			"removing the access of "+wording.Count(len(groups), "group of the identity provider", "groups of the identity provider"))
	}
	if err := r.removeSettings(ctx, w, effective.NamespaceOf(w)); err != nil {
		return err
	}
	if err := r.removeNamespace(ctx, w); err != nil {
		return err
	}
	r.refusals.forget(w.UID)
	r.departures.take(client.ObjectKeyFromObject(w))
	return object.RemoveFinalizer(ctx, r.client, w)
}

func (r *Reconciler) removeNamespace(ctx context.Context, w *v1alpha1.Workspace) error {
	if w.Spec.DeletionPolicy != v1alpha1.DeletionDelete {
		return nil
	}
	// Past the cache, which may not show yet what the previous pass has created.
	n, err := namespaceNamed(ctx, r.api, effective.NamespaceOf(w))
	if n != nil && owns(w, n) && n.DeletionTimestamp.IsZero() {
		err = r.client.Delete(ctx, n, client.Preconditions{UID: &n.UID})
	}
	return client.IgnoreNotFound(err)
}
