// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"cmp"
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/requeue"
)

// Provisional says how long the accounts that Usher creates for outsiders are kept, and how many.
type Provisional struct {
	// Age is how long after its creation an account is deleted that nobody has changed and nothing refers to; zero: never.
	Age time.Duration
	// Unproven is the maximum number of accounts of an organization that exist only because a mail came; zero: no limit.
	Unproven int
}

// Expiry deletes provisional accounts: after a time, and those that nobody vouches for, oldest first, if there are too many. Their owners
// lose nothing, since such an account gives no access, and get another one when they write again.
type Expiry struct {
	client client.Client
	cache  lookup.Reader
	api    lookup.APIReader
	limits Provisional
	now    func() time.Time
}

// NewExpiry returns the reconciler.
func NewExpiry(c client.Client, cache lookup.Reader, api lookup.APIReader, limits Provisional, now func() time.Time) *Expiry {
	return &Expiry{client: c, cache: cache, api: api, limits: limits, now: now}
}

// Setup adds the controller to the manager.
func (r *Expiry) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("orguser-expiry").
		WithOptions(requeue.Singly).
		For(&v1alpha1.OrgUser{}, builder.WithPredicates(predicate.NewPredicateFuncs(func(o client.Object) bool {
			u, is := o.(*v1alpha1.OrgUser)
			return is && effective.Expires(u)
		}))).
		Watches(&corev1.Namespace{}, pause.OnResume(keysOf(r.cache))).
		Complete(pause.Guard[v1alpha1.OrgUser](r.client, r.cache, r.api, reconcile.AsReconciler(r.client, r)))
}

const (
	// recent is the age up to which an account counts as a new one, at whose creation the number of accounts is looked at.
	recent = 10 * time.Minute
	// referredDelay is how long after another look an account is looked at that something refers to.
	referredDelay = 24 * time.Hour
)

// Reconcile deletes an account if its time is over. If it is new it deletes the oldest ones of which there are too many.
func (r *Expiry) Reconcile(ctx context.Context, u *v1alpha1.OrgUser) (ctrl.Result, error) {
	if !u.DeletionTimestamp.IsZero() || !effective.Expires(u) {
		return ctrl.Result{}, nil
	}
	age := r.now().Sub(effective.CreatedAt(u).Time)
	if age < recent {
		if err := r.makeRoom(ctx, u.Namespace); err != nil {
			return requeue.IgnoreConflict(u, ctrl.Result{}, err)
		}
	}
	if r.limits.Age <= 0 {
		return ctrl.Result{}, nil
	}
	if left := r.limits.Age - age; left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	deleted, err := r.delete(ctx, u)
	if err != nil || deleted {
		return requeue.IgnoreConflict(u, ctrl.Result{}, err)
	}
	return ctrl.Result{RequeueAfter: referredDelay}, nil
}

// makeRoom deletes an organization's oldest accounts that nobody vouches for, beyond their greatest number.
func (r *Expiry) makeRoom(ctx context.Context, namespace string) error {
	if r.limits.Unproven <= 0 {
		return nil
	}
	unproven, err := r.cache.UnprovenUsers(ctx, namespace)
	if err != nil {
		return err
	}
	unproven = slices.DeleteFunc(unproven, func(u *v1alpha1.OrgUser) bool { return !u.DeletionTimestamp.IsZero() })
	surplus := len(unproven) - r.limits.Unproven
	if surplus <= 0 {
		return nil
	}
	slices.SortFunc(unproven, func(a, b *v1alpha1.OrgUser) int {
		return cmp.Or(effective.CreatedAt(a).Compare(effective.CreatedAt(b).Time), cmp.Compare(a.Name, b.Name))
	})
	for _, u := range unproven[:surplus] { // one that is kept, because somebody has use for it, takes nobody's room
		if _, err := r.delete(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// delete deletes an account, unless something refers to it or somebody else has written to it. It reports whether the account is gone.
func (r *Expiry) delete(ctx context.Context, u *v1alpha1.OrgUser) (bool, error) {
	referring, err := r.cache.WorkspacesByAssignee(ctx, u.Namespace, string(effective.EmailOf(u)))
	if err != nil || len(referring) > 0 {
		return false, err
	}
	// The cache knows neither who has written to the account nor what was written just now.
	newest, err := r.api.User(ctx, u.Namespace, u.Name)
	switch {
	case err != nil:
		return false, err
	case newest == nil || newest.UID != u.UID:
		return true, nil
	case !effective.Expires(newest) || isClaimed(newest):
		return false, nil
	}
	err = r.client.Delete(ctx, newest, client.Preconditions{UID: &newest.UID, ResourceVersion: &newest.ResourceVersion})
	if err == nil {
		log.FromContext(ctx).Info("deleted a provisional account", "user", u.Name, "origin", u.Labels[v1alpha1.LabelOrigin])
	}
	return err == nil, client.IgnoreNotFound(err)
}

// isClaimed reports whether anybody but Usher has written to an object: a label, an annotation, or a declaration that changes nothing.
func isClaimed(u *v1alpha1.OrgUser) bool {
	return slices.ContainsFunc(u.ManagedFields, func(m metav1.ManagedFieldsEntry) bool {
		return m.Subresource == "" && m.Manager != string(object.FieldOwner)
	})
}
