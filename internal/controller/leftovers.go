// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

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
func orLeftovers[T any, P interface {
	*T
	client.Object
}](d Dependencies, r reconcile.ObjectReconciler[P],
	left func(context.Context, types.NamespacedName) ([]*rbacv1.RoleBinding, error),
) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
		o := P(new(T))
		err := d.Client.Get(ctx, request.NamespacedName, o)
		if err == nil {
			return r.Reconcile(ctx, o)
		}
		if !apierrors.IsNotFound(err) {
			return ctrl.Result{}, err
		}
		bindings, err := left(ctx, request.NamespacedName)
		if len(bindings) == 0 || err != nil {
			return ctrl.Result{}, err
		}
		// A cache that has yet to hear of the object knows nothing of its end.
		if err := d.Live.Get(ctx, request.NamespacedName, o); !apierrors.IsNotFound(err) {
			return ctrl.Result{}, err
		}
		return ctrl.Result{}, d.removeBindings(ctx, bindings)
	})
}

func (r *orgUserReconciler) leftovers(ctx context.Context, user types.NamespacedName) ([]*rbacv1.RoleBinding, error) {
	return r.lookup().Bindings(ctx, user.Namespace, user.Name)
}

func (r *organizationReconciler) leftovers(ctx context.Context, organization types.NamespacedName,
) ([]*rbacv1.RoleBinding, error) {
	if organization.Name != organization.Namespace {
		return nil, nil
	}
	return r.lookup().DelegateBindings(ctx, organization.Namespace)
}
