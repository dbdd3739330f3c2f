// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/policy"
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

// removeUnseen removes these bindings, read past the cache: it may not know yet what the pass before has made, and nobody
// looks again once the object is gone.
func (d Dependencies) removeUnseen(ctx context.Context, of ...client.ListOption) error {
	bindings, err := d.liveBindings(ctx, of...)
	if err != nil {
		return err
	}
	return d.removeBindings(ctx, bindings)
}

// liveBindings reads bindings past the cache.
func (d Dependencies) liveBindings(ctx context.Context, of ...client.ListOption) ([]*rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	if err := d.Live.List(ctx, &list, of...); err != nil {
		return nil, err
	}
	bindings := make([]*rbacv1.RoleBinding, 0, len(list.Items))
	for i := range list.Items {
		bindings = append(bindings, &list.Items[i])
	}
	return bindings, nil
}

// bindingsOf names the bindings of a user, in all namespaces.
func bindingsOf(u *v1alpha1.OrgUser) client.MatchingLabels {
	return client.MatchingLabels{v1alpha1.LabelOrganization: u.Namespace, v1alpha1.LabelUser: u.Name}
}

// existingBindings gives the bindings that a user has. The cache is not believed when access is to go that it does not
// show: once the status no longer names it, others rely on its being gone.
func (r *orgUserReconciler) existingBindings(ctx context.Context, before *v1alpha1.OrgUser, in policy.InForce,
) ([]*rbacv1.RoleBinding, error) {
	bindings, err := r.lookup().Bindings(ctx, before.Namespace, before.Name)
	if err == nil && goesUnseen(&before.Status, in, bindings) {
		return r.liveBindings(ctx, bindingsOf(before))
	}
	return bindings, err
}

// goesUnseen tells whether the status names access that is to go and that none of the bindings gives: the role's, a
// workspace's or a module's.
func goesUnseen(before *v1alpha1.OrgUserStatus, in policy.InForce, bindings []*rbacv1.RoleBinding) bool {
	shown := func(is func(*rbacv1.RoleBinding) bool) bool { return slices.ContainsFunc(bindings, is) }
	role := policy.ClusterRoleForRole(before.Role)
	if before.State == v1alpha1.UserActive && role != "" && (in.State != v1alpha1.UserActive || in.Role != before.Role) &&
		!shown(func(b *rbacv1.RoleBinding) bool { return b.RoleRef.Name == role }) {
		return true
	}
	for _, had := range before.Workspaces {
		has := func(now v1alpha1.WorkspaceGrantStatus) bool { return now.Name == had.Name }
		gives := func(b *rbacv1.RoleBinding) bool { return b.Labels[v1alpha1.LabelWorkspace] == had.Name }
		if !slices.ContainsFunc(in.Workspaces, has) && !shown(gives) {
			return true
		}
	}
	for _, had := range before.Modules {
		gives := func(b *rbacv1.RoleBinding) bool { return b.Labels[v1alpha1.LabelModule] == string(had) }
		if !slices.Contains(in.Modules, had) && len(before.Workspaces) > 0 && !shown(gives) {
			return true
		}
	}
	return false
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
