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

	"github.com/usher-operator/usher/api/v1alpha1"
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

// removeUnseen removes these bindings, read past the cache: it may not know yet what the pass before has
// made, and nobody looks again once the object is gone.
func (d Dependencies) removeUnseen(ctx context.Context, of ...client.ListOption) error {
	var list rbacv1.RoleBindingList
	if err := d.Live.List(ctx, &list, of...); err != nil {
		return err
	}
	bindings := make([]*rbacv1.RoleBinding, 0, len(list.Items))
	for i := range list.Items {
		bindings = append(bindings, &list.Items[i])
	}
	return d.removeBindings(ctx, bindings)
}

// isGoing tells, past the cache, whether this very object is still there and going. Whatever was there before the answer
// and belongs to it by name is its own, and not that of a successor of the same name.
func (d Dependencies) isGoing(ctx context.Context, o *v1alpha1.Organization) (bool, error) {
	var now v1alpha1.Organization
	if err := d.Live.Get(ctx, client.ObjectKeyFromObject(o), &now); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return now.UID == o.UID && !now.DeletionTimestamp.IsZero(), nil
}
