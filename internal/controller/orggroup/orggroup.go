// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package orggroup reconciles OrgGroups: who is in them, which workspaces they open, and the access of the identity provider's groups that
// they name. The access of people who have an account is the OrgUser reconciler's.
package orggroup

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
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orggroups,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=orggroups/status,verbs=patch

// Reconciler shows who is in an OrgGroup and what it opens, and gives the group of the identity provider that it names access.
type Reconciler struct {
	client         client.Client
	cache          lookup.Reader
	api            lookup.APIReader
	bindings       rolebinding.Writer
	recorder       events.EventRecorder
	identityGroups live.Value[effective.IdentityGroups]
	changed        <-chan event.GenericEvent
	settleDelay    time.Duration
	now            func() time.Time
	written        status.Written
}

// New returns the reconciler. IdentityGroups say which groups of the identity provider an OrgGroup may name; changed sends when they have
// changed. SettleDelay is how long users who are declared together with a group have to arrive before they count as missing.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder,
	identityGroups live.Value[effective.IdentityGroups], changed <-chan event.GenericEvent, settleDelay time.Duration, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, bindings: rolebinding.NewWriter(c, api), recorder: recorder,
		identityGroups: identityGroups, changed: changed, settleDelay: settleDelay, now: now, written: status.NewWritten(now),
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	all := mapper.All(r.client, func() client.ObjectList { return &v1alpha1.OrgGroupList{} })
	counts := mapper.NewCounts(r.countDelay)
	return ctrl.NewControllerManagedBy(mgr).
		Named("orggroup").
		WatchesRawSource(source.Channel(r.changed, all)).
		For(&v1alpha1.OrgGroup{}, builder.WithPredicates(beyondStatus())).
		Watches(&v1alpha1.OrgGroup{}, mapper.OnChangeCounted(counts, mapper.Itself[*v1alpha1.OrgGroup])).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.OrgGroup{}, mapper.OnChange(r.groupsForTitle)).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.groupsForOrganization)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeCounted(counts, r.groupsForUser)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeCounted(counts, r.groupsForAccount)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeAfter(mapper.CountDelay, r.groupsForAddress)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.groupsForWorkspace)).
		Watches(&rbacv1.RoleBinding{}, mapper.OnChange(r.groupsForRoleBinding)).
		Watches(&corev1.Namespace{}, pause.OnResume(r.groupsAndHolders)).
		Complete(pause.Guard[v1alpha1.OrgGroup](r.client, r.cache, r.api, rolebinding.AsReconciler(r.client, r.bindings, r, r.orphans)))
}

// Reconcile brings one OrgGroup into force.
func (r *Reconciler) Reconcile(ctx context.Context, g *v1alpha1.OrgGroup) (ctrl.Result, error) {
	if !g.DeletionTimestamp.IsZero() {
		if wait := r.written.Ahead(g); wait > 0 {
			return ctrl.Result{RequeueAfter: wait}, nil
		}
		return requeue.IgnoreConflict(g, ctrl.Result{}, r.reconcileDelete(ctx, g))
	}
	if err := object.EnsureFinalizer(ctx, r.client, g); err != nil {
		return requeue.IgnoreConflict(g, ctrl.Result{}, err)
	}
	s, err := r.newScope(ctx, g)
	if err != nil {
		return ctrl.Result{}, err
	}
	wait, failed := phase.Run(
		ctx, g, s,
		r.settleMembers,
		r.reconcileMembers,
		r.reconcileAccounts,
		r.revoke, // access is gone before the status stops naming it
	)
	// Access is named in the status before it is granted, and the group is Ready only when the access is there. So there are two writes
	// when RoleBindings are to be written, and one otherwise.
	if !s.plan.Empty() {
		s.granting = true
		if err := r.writeStatus(ctx, s, failed); err != nil {
			return requeue.IgnoreConflict(g, ctrl.Result{RequeueAfter: wait}, errors.Join(failed, err))
		}
		s.granting = false
		failed = errors.Join(failed, r.bindings.Apply(ctx, s.plan))
	}
	return requeue.IgnoreConflict(g, ctrl.Result{RequeueAfter: wait}, errors.Join(failed, r.writeStatus(ctx, s, failed)))
}
