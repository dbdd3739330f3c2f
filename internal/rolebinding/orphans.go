// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// orLeftovers hands each object to its reconciler. Of one that is gone it takes the access that is left: somebody has
// removed the finalizer by hand, or the binding came back from a backup.
func OrDeleteOrphans[T any, P interface {
	*T
	client.Object
}](c client.Client, bindings Writer, r reconcile.ObjectReconciler[P],
	left func(context.Context, types.NamespacedName) ([]*rbacv1.RoleBinding, error),
) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
		o := P(new(T))
		err := c.Get(ctx, request.NamespacedName, o)
		if err == nil {
			return r.Reconcile(ctx, o)
		}
		if !apierrors.IsNotFound(err) {
			return ctrl.Result{}, err
		}
		orphans, err := left(ctx, request.NamespacedName)
		if len(orphans) == 0 || err != nil {
			return ctrl.Result{}, err
		}
		// A cache that has yet to hear of the object knows nothing of its end.
		if err := bindings.api.Get(ctx, request.NamespacedName, o); !apierrors.IsNotFound(err) {
			return ctrl.Result{}, err
		}
		return ctrl.Result{}, bindings.Delete(ctx, orphans)
	})
}
