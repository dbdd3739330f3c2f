// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package organization reconciles Organizations.
package organization

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=organizations/status,verbs=patch

// Reconciler keeps the ledgers and the counts in the status of an Organization, invites its primary administrator, and grants its
// delegates, its directory and the readers of its payment details what they need in its namespace.
type Reconciler struct {
	client      client.Client
	cache       lookup.Reader
	api         lookup.APIReader
	bindings    rolebinding.Writer
	recorder    events.EventRecorder
	portal      string
	settleDelay time.Duration
	now         func() time.Time
	written     status.Written
}

// New returns the reconciler. Portal is the Kubernetes user name of whoever serves the portal, and with it organizations' directories;
// empty: no organization can have one. SettleDelay is how long users who are declared together with an organization have to arrive before
// its primary administrator is invited.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, portal string,
	settleDelay time.Duration, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, bindings: rolebinding.NewWriter(c, api), recorder: recorder, portal: portal,
		settleDelay: settleDelay, now: now, written: status.NewWritten(now),
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	counts := mapper.NewCounts(r.countDelay)
	return ctrl.NewControllerManagedBy(mgr).
		Named("organization").
		For(&v1alpha1.Organization{}, builder.WithPredicates(beyondCounts())).
		Watches(&v1alpha1.Organization{}, mapper.OnChangeCounted(counts, mapper.Itself[*v1alpha1.Organization])).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(organizationForLedgers)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.organizationForAssignee)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeCounted(counts, organizationForUser)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChangeCounted(counts, organizationForWorkspace)).
		Watches(&v1alpha1.OrgGroup{}, mapper.OnChangeCounted(counts, organizationForGroup)).
		Watches(&v1alpha1.Invitation{}, mapper.OnChange(organizationForInvitation)).
		Watches(&rbacv1.RoleBinding{}, mapper.OnChange(organizationForDelegateBinding)).
		Watches(&corev1.Secret{}, mapper.OnChange(organizationForTokens)).
		Watches(&rbacv1.Role{}, mapper.OnChange(organizationForPaymentRole)).
		WatchesMetadata(&rbacv1.ClusterRole{}, mapper.OnChange(r.organizationsForClusterRole)).
		Watches(&corev1.Namespace{}, pause.OnResume(r.organizationsIn)).
		Complete(pause.Guard[v1alpha1.Organization](r.client, r.cache, r.api,
			rolebinding.AsReconciler(r.client, r.bindings, r, r.orphanedBindings)))
}

// Reconcile brings the status of one Organization up to date, and what the organization grants in its own namespace.
func (r *Reconciler) Reconcile(ctx context.Context, o *v1alpha1.Organization) (ctrl.Result, error) {
	if !o.DeletionTimestamp.IsZero() {
		if wait := r.written.Ahead(o); wait > 0 {
			return ctrl.Result{RequeueAfter: wait}, nil
		}
		return requeue.IgnoreConflict(o, ctrl.Result{}, r.reconcileDelete(ctx, o))
	}
	if err := object.EnsureFinalizer(ctx, r.client, o); err != nil {
		return requeue.IgnoreConflict(o, ctrl.Result{}, err)
	}
	if isMisnamed(o) {
		return requeue.IgnoreConflict(o, ctrl.Result{}, r.reportMisnamed(ctx, o))
	}
	s, err := r.newScope(ctx, o)
	if err != nil {
		return ctrl.Result{}, err
	}
	wait, failed := phase.Run(ctx, o, s,
		r.reconcilePrimaryAdministrator,
		r.reconcileContacts,
		r.reconcileDelegates,
		r.reconcileAdministrators,
		r.reconcileSeats,
		r.reconcileCounts, // after the seats, which read some of the users anew
		r.reconcilePayment,
		r.reconcileDirectoryState,
		r.reconcileDirectoryGaps,
	)
	setConditions(s, failed)
	err = r.writeStatus(ctx, s.before, o)
	return requeue.IgnoreConflict(o, ctrl.Result{RequeueAfter: wait}, errors.Join(failed, err))
}
