// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/limited"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces/status,verbs=patch

// workspaceReconciler makes a Workspace's namespace. Access to it is the OrgUser reconciler's.
type Reconciler struct {
	client      client.Client
	cache       lookup.Reader
	api         lookup.APIReader
	recorder    events.EventRecorder
	accounts    limited.Creator
	platform    Platform
	settleDelay time.Duration
	now         func() time.Time

	// told holds, by a Workspace's UID, of which labels an event says that they are not copied.
	told sync.Map
}

// Platform is what the operator's configuration says about the namespaces and addresses of workspaces.
type Platform struct {
	// OperatorNamespace is the operator's own namespace, which no workspace may own.
	OperatorNamespace string
	// NamespaceLabels are the labels that Workspaces may have copied to their namespaces.
	NamespaceLabels effective.NamespaceLabels
	// IntakeDomains say which organization may receive mail at which addresses.
	IntakeDomains effective.IntakeDomains
}

// New returns the reconciler. SettleDelay is how long users who are declared together with a workspace have to arrive before the
// assignees of its devices get accounts.
func New(c client.Client, cache lookup.Reader, api lookup.APIReader, recorder events.EventRecorder, platform Platform,
	settleDelay time.Duration, now func() time.Time,
) *Reconciler {
	return &Reconciler{
		client: c, cache: cache, api: api, recorder: recorder, accounts: limited.NewCreator(c, api), platform: platform,
		settleDelay: settleDelay, now: now,
	}
}

// Setup adds the controller to the manager.
func (r *Reconciler) Setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("workspace").
		For(&v1alpha1.Workspace{}, builder.WithPredicates(beyondMembers())).
		Watches(&v1alpha1.Workspace{}, mapper.OnChangeAfter(mapper.CountDelay, itsSpec)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChangeWithDelay(r.countDelay, mapper.Itself[*v1alpha1.Workspace])).
		WithOptions(requeue.Concurrently).
		Watches(&v1alpha1.Organization{}, mapper.OnChange(r.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChangeWithDelay(r.countDelay, r.ofUser)).
		Watches(&v1alpha1.OrgUser{}, mapper.OnChange(r.ofAssignee)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.ofSerial)).
		Watches(&v1alpha1.Workspace{}, mapper.OnChange(r.ofIntake)).
		Watches(&corev1.Namespace{}, mapper.OnChange(r.ofNamespace)).
		Watches(&corev1.ConfigMap{}, mapper.OnChange(r.ofSettings)).
		Complete(reconcile.AsReconciler(r.client, r))
}

func (r *Reconciler) ofOrganization(ctx context.Context, c mapper.Change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.Created() && !c.Deleted() && equality.Semantic.DeepEqual(c.Before.Spec.Settings, c.After.Spec.Settings) {
		return nil, nil
	}
	keys, err := mapper.KeysOf(r.cache.Workspaces(ctx, c.Newest().Namespace))
	if err != nil || !c.Deleted() {
		return keys, err
	}
	freed, err := mapper.KeysOf(r.cache.WorkspacesWaitingFor(ctx, c.Before.Name))
	return append(keys, freed...), err
}

// ofUser: a workspace counts the people in it.
func (r *Reconciler) ofUser(_ context.Context, c mapper.Change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	touched := map[string]int{}
	if !c.Created() {
		for _, g := range c.Before.Status.Workspaces {
			touched[g.Name]++
		}
	}
	if !c.Deleted() {
		for _, g := range c.After.Status.Workspaces {
			touched[g.Name]--
		}
	}
	var keys []types.NamespacedName
	for name, difference := range touched {
		if difference != 0 {
			keys = append(keys, types.NamespacedName{Namespace: c.Newest().Namespace, Name: name})
		}
	}
	return keys, nil
}

// Reconcile brings one Workspace into force.
func (r *Reconciler) Reconcile(ctx context.Context, w *v1alpha1.Workspace) (ctrl.Result, error) {
	if !w.DeletionTimestamp.IsZero() {
		return requeue.IgnoreConflict(ctrl.Result{}, r.remove(ctx, w))
	}
	if err := object.EnsureFinalizer(ctx, r.client, w); err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	before := w.DeepCopy()
	organization, err := r.cache.Organization(ctx, w.Namespace)
	if err != nil {
		return ctrl.Result{}, err
	}
	devices, err := r.describe(ctx, w, organization)
	if err != nil {
		return ctrl.Result{}, err
	}
	failed := r.settle(ctx, w, organization)
	devices.conclude(w)
	failed = errors.Join(failed, r.concludeIntake(ctx, w))
	if _, err = status.Write(ctx, r.client, before, w); err != nil {
		return requeue.IgnoreConflict(ctrl.Result{}, err)
	}
	wait, err := r.ensureAccounts(ctx, w, organization, devices.inForce)
	return requeue.IgnoreConflict(ctrl.Result{RequeueAfter: wait}, errors.Join(failed, err))
}

// settle brings about the namespace and what belongs into it: labels and settings. What fails in a namespace keeps nobody
// out of it.
func (r *Reconciler) settle(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization) error {
	before := w.Status.Namespace
	n, err := r.settleNamespace(ctx, w, o)
	if n != nil {
		err = r.labelNamespace(ctx, w, n)
	}
	err = errors.Join(err, r.settleSettings(ctx, w, before))
	if err != nil && !requeue.IsTransient(err) {
		status.Progressing(w, v1alpha1.ReasonFailed, err.Error())
	}
	return err
}

// describe counts and resolves what the status shows.
func (r *Reconciler) describe(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization) (inventory, error) {
	users, err := r.cache.UsersInWorkspace(ctx, w.Namespace, w.Name)
	if err != nil {
		return inventory{}, err
	}
	w.Status.Members = status.Count(len(users))
	w.Status.Settings = effective.SettingsInForce(o, w)
	if err := r.describeContacts(ctx, w); err != nil {
		return inventory{}, err
	}
	return r.describeDevices(ctx, w)
}

// remove lets a deleted Workspace go: first nobody has access any more, then the namespace goes if that is the wish.
func (r *Reconciler) remove(ctx context.Context, w *v1alpha1.Workspace) error {
	if !slices.Contains(w.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	before := w.DeepCopy()
	users, err := r.cache.UsersInWorkspace(ctx, w.Namespace, w.Name)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		status.Progressing(w, v1alpha1.ReasonRemoving, fmt.Sprintf("taking access back from %d people", len(users)))
		_, err := status.Write(ctx, r.client, before, w)
		return err
	}
	if err := r.removeSettings(ctx, w, effective.NamespaceOf(w)); err != nil {
		return err
	}
	if err := r.removeNamespace(ctx, w); err != nil {
		return err
	}
	r.told.Delete(w.UID)
	return object.RemoveFinalizer(ctx, r.client, w)
}
