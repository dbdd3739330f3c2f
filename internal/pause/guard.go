// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pause

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/lookup"
)

// Guard passes an object to its reconciler unless it is held because its organization is paused. An object that is passed over is
// enqueued by OnResume. It guards every reconciler of objects in an organization's namespace, including one that also acts on objects
// that are gone.
func Guard[T any, P interface {
	*T
	client.Object
}](c client.Client, cache lookup.Reader, api lookup.APIReader, next reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
		o := P(new(T))
		err := c.Get(ctx, request.NamespacedName, o)
		if client.IgnoreNotFound(err) != nil {
			return ctrl.Result{}, err
		}
		deleting := err == nil && !o.GetDeletionTimestamp().IsZero()
		if held, err := cache.Held(ctx, api, request.Namespace, deleting); held || err != nil {
			return ctrl.Result{}, err
		}
		return next.Reconcile(ctx, request)
	})
}
