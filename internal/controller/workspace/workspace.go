// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package workspace reconciles Workspaces: the namespace with its labels and settings, the contacts, the devices and their assignees'
// accounts, the intake address, and the counts.
package workspace

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/pause"
	"github.com/usher-operator/usher/internal/phase"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces/status,verbs=patch

// Reconciler creates a Workspace's namespace with its labels and settings, resolves its contacts, and keeps its inventory of devices.
// Access to the namespace is the OrgUser reconciler's.
type Reconciler struct {
	client      client.Client
	cache       lookup.Reader
	api         lookup.APIReader
	recorder    events.EventRecorder
	accounts    limited.Creator
	platform    Platform
	settleDelay time.Duration
	now         func() time.Time
	written     status.Written
	refusals    refusals
	departures  departures
}

// Platform is what the operator's configuration says about the namespaces and addresses of workspaces.
type Platform struct {
	// OperatorNamespace is the operator's own namespace, which no workspace may own.
	OperatorNamespace string
	// NamespaceLabels are the labels that Workspaces may have copied to their namespaces.
	NamespaceLabels live.Value[effective.NamespaceLabels]
	// IntakeDomains say which organization may receive mail at which addresses.
	IntakeDomains live.Value[effective.IntakeDomains]
	// QueueDomains say at which addresses queues may be without asking their owners.
	QueueDomains live.Value[effective.QueueDomains]
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	// Changed sends when any of the above has changed.
	Changed <-chan event.GenericEvent
}

// New returns the reconciler. SettleDelay is how long users who are declared together with a workspace have to arrive before the
// assignees of its devices get accounts.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, platform Platform,
	settleDelay time.Duration, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, recorder: recorder, accounts: limited.NewCreator(c, api), platform: platform,
		settleDelay: settleDelay, now: now, written: status.NewWritten(now),
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	all := mapper.All(r.client, func() client.ObjectList { return &v1alpha1.WorkspaceList{} })
	counts := mapper.NewCounts(r.countDelay)
	return ctrl.NewControllerManagedBy(mgr).
		Named("workspace").
		WatchesRawSource(source.Channel(r.platform.Changed, all)).
		For(&v1alpha1.Workspace{}, builder.WithPredicates(beyondMembers())).
		Watches(&v1alpha1.Workspace{}, mapper.OnChangeAfter(mapper.CountDelay, itselfOnNewSpec)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChangeCounted(counts, mapper.Itself[*v1alpha1.Workspace])).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.workspacesForOrganization)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeCounted(counts, r.workspacesForUser)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.workspacesForAssignee)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeCounted(counts, r.workspacesForRemoved)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeCounted(counts, r.workspacesForAddress)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.workspacesForSerials)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.workspacesForIntake)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.workspacesForFormer)).
		Watches(&v1alpha1.OrgGroup{}, mapper.OnChange(r.workspacesForGroup)).
		Watches(&corev1.Namespace{}, mapper.OnChange(r.workspacesForNamespace)).
		Watches(&corev1.ConfigMap{}, mapper.OnChange(r.workspacesForSettings)).
		Watches(&corev1.Namespace{}, pause.OnResume(r.workspacesIn)).
		Complete(pause.Guard[v1alpha1.Workspace](r.client, r.cache, r.api, reconcile.AsReconciler(r.client, r)))
}

// Reconcile brings one Workspace into force.
func (r *Reconciler) Reconcile(ctx context.Context, w *v1alpha1.Workspace) (ctrl.Result, error) {
	if !w.DeletionTimestamp.IsZero() {
		if wait := r.written.Ahead(w); wait > 0 {
			return ctrl.Result{RequeueAfter: wait}, nil
		}
		return requeue.IgnoreConflict(w, ctrl.Result{}, r.reconcileDelete(ctx, w))
	}
	if err := object.EnsureFinalizer(ctx, r.client, w); err != nil {
		return requeue.IgnoreConflict(w, ctrl.Result{}, err)
	}
	s, err := r.newScope(ctx, w)
	if err != nil {
		return ctrl.Result{}, err
	}
	wait, failed := phase.Run(
		ctx, w, s,
		r.reconcileNamespace,
		r.reconcileLabels,
		r.reconcileSettings,
		r.reconcileCounts,
		r.reconcileContacts,
		r.reconcileDevices,
		r.reconcileIntake,
		r.reconcileQueue,
		r.reconcileAccounts,
		r.reconcileMissingAccounts,
	)
	setConditions(s, failed)
	wrote, err := status.Write(ctx, r.client, s.before, w)
	if wrote && err == nil {
		r.reportMissingAccounts(s.before, w)
	}
	return requeue.IgnoreConflict(w, ctrl.Result{RequeueAfter: wait}, errors.Join(failed, err))
}
