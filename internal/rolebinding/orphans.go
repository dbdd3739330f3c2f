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

	"github.com/usher-operator/usher/internal/requeue"
)

// AsReconciler is reconcile.AsReconciler for holders of bindings: it passes each object to its reconciler, and deletes the orphaned
// bindings of an object that does not exist, because somebody has removed its finalizer by hand or has restored a binding from a
// backup. Orphans returns the bindings of such an object that the cache knows.
func AsReconciler[T any, P interface {
	*T
	client.Object
}](c client.Client, bindings Writer, r reconcile.ObjectReconciler[P],
	orphans func(context.Context, types.NamespacedName) ([]*rbacv1.RoleBinding, error),
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
		orphaned, err := orphans(ctx, request.NamespacedName)
		if len(orphaned) == 0 || err != nil {
			return ctrl.Result{}, err
		}
		// The cache may not know the object yet.
		if err := bindings.api.Get(ctx, request.NamespacedName, o); !apierrors.IsNotFound(err) {
			return ctrl.Result{}, err
		}
		o.SetName(request.Name)
		return requeue.IgnoreConflict(o, ctrl.Result{}, bindings.Delete(ctx, orphaned))
	})
}
