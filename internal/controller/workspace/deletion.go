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

// reconcileDelete ends a deleted Workspace: it waits until nobody has access any more, and removes the namespace if that is
// requested, or else the settings in it.
func (r *Reconciler) reconcileDelete(ctx context.Context, w *v1alpha1.Workspace) error {
	if !controllerutil.ContainsFinalizer(w, v1alpha1.Finalizer) {
		return nil
	}
	users, err := r.cache.UsersInWorkspace(ctx, w.Namespace, w.Name)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return r.awaitPeople(ctx, w, len(users))
	}
	groups, err := r.cache.GroupsBoundIn(ctx, w.Namespace, w.Name)
	if err != nil {
		return err
	}
	if len(groups) > 0 {
		return status.Await(ctx, r.client, w, v1alpha1.ReasonRemoving,
			"removing the access of "+wording.Count(len(groups), "group of the identity provider", "groups of the identity provider"))
	}
	taken, err := r.removeNamespace(ctx, w)
	if err != nil {
		return err
	}
	if !taken {
		if err := r.removeSettings(ctx, w, effective.NamespaceOf(w)); err != nil {
			return err
		}
	}
	r.refusals.forget(w.UID)
	r.departures.take(client.ObjectKeyFromObject(w))
	return object.Release(ctx, r.client, w, r.written)
}

// awaitPeople says whose access has to go first. If the organization goes as well, it says so once: with a number, each of its workspaces
// would be written again and again until all of them are gone.
func (r *Reconciler) awaitPeople(ctx context.Context, w *v1alpha1.Workspace, people int) error {
	o, err := r.cache.Organization(ctx, w.Namespace)
	if err != nil {
		return err
	}
	who := wording.Count(people, "person", "people")
	if isEnding(o) {
		who = "everybody, since the organization is being deleted"
	}
	if err := status.Await(ctx, r.client, w, v1alpha1.ReasonRemoving, "removing the access of "+who); err != nil {
		return err
	}
	r.written.Note(w)
	return nil
}

// removeNamespace deletes the namespace of a Workspace if that is requested, with all that is in it, and reports whether it goes.
func (r *Reconciler) removeNamespace(ctx context.Context, w *v1alpha1.Workspace) (bool, error) {
	if w.Spec.DeletionPolicy != v1alpha1.DeletionDelete {
		return false, nil
	}
	// Past the cache, which may not show yet what the previous pass has created.
	n, err := namespaceNamed(ctx, r.api, effective.NamespaceOf(w))
	if n == nil || err != nil || !owns(w, n) {
		return false, err
	}
	if !n.DeletionTimestamp.IsZero() {
		return true, nil
	}
	return true, client.IgnoreNotFound(r.client.Delete(ctx, n, client.Preconditions{UID: &n.UID}))
}
