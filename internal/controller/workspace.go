// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces/status,verbs=patch

// workspaceReconciler makes a Workspace's namespace. Access to it is the OrgUser reconciler's.
type workspaceReconciler struct {
	Dependencies

	// told holds, by a Workspace's UID, of which labels an event says that they are not copied.
	told sync.Map
}

func setupWorkspace(mgr ctrl.Manager, d Dependencies) error {
	r := &workspaceReconciler{Dependencies: d}
	return ctrl.NewControllerManagedBy(mgr).
		Named("workspace").
		For(&v1alpha1.Workspace{}, builder.WithPredicates(beyondMembers())).
		Watches(&v1alpha1.Workspace{}, onChangeAfter(countDelay, itsSpec)).
		Watches(&v1alpha1.Workspace{}, onChangeGathered(r.countDelay, itself[*v1alpha1.Workspace])).
		WithOptions(concurrently).
		Watches(&v1alpha1.Organization{}, onChange(r.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, onChangeGathered(r.countDelay, r.ofUser)).
		Watches(&v1alpha1.OrgUser{}, onChange(r.ofAssignee)).
		Watches(&v1alpha1.Workspace{}, onChange(r.ofSerial)).
		Watches(&v1alpha1.Workspace{}, onChange(r.ofIntake)).
		Watches(&corev1.Namespace{}, onChange(r.ofNamespace)).
		Watches(&corev1.ConfigMap{}, onChange(r.ofSettings)).
		Complete(reconcile.AsReconciler(d.Client, r))
}

func (r *workspaceReconciler) ofOrganization(ctx context.Context, c change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.created() && !c.deleted() && equality.Semantic.DeepEqual(c.before.Spec.Settings, c.after.Spec.Settings) {
		return nil, nil
	}
	keys, err := keysOf(r.lookup().Workspaces(ctx, c.newest().Namespace))
	if err != nil || !c.deleted() {
		return keys, err
	}
	freed, err := keysOf(r.lookup().WorkspacesWaitingFor(ctx, c.before.Name))
	return append(keys, freed...), err
}

// ofUser: a workspace counts the people in it.
func (r *workspaceReconciler) ofUser(_ context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	touched := map[string]int{}
	if !c.created() {
		for _, g := range c.before.Status.Workspaces {
			touched[g.Name]++
		}
	}
	if !c.deleted() {
		for _, g := range c.after.Status.Workspaces {
			touched[g.Name]--
		}
	}
	var keys []types.NamespacedName
	for name, difference := range touched {
		if difference != 0 {
			keys = append(keys, types.NamespacedName{Namespace: c.newest().Namespace, Name: name})
		}
	}
	return keys, nil
}

// Reconcile brings one Workspace into force.
func (r *workspaceReconciler) Reconcile(ctx context.Context, w *v1alpha1.Workspace) (ctrl.Result, error) {
	if !w.DeletionTimestamp.IsZero() {
		return settled(ctrl.Result{}, r.remove(ctx, w))
	}
	if err := r.ensureFinalizer(ctx, w); err != nil {
		return settled(ctrl.Result{}, err)
	}
	before := w.DeepCopy()
	organization, err := r.lookup().Organization(ctx, w.Namespace)
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
	if _, err = status.Write(ctx, r.Client, before, w); err != nil {
		return settled(ctrl.Result{}, err)
	}
	wait, err := r.ensureAccounts(ctx, w, organization, devices.inForce)
	return settled(ctrl.Result{RequeueAfter: wait}, errors.Join(failed, err))
}

// settle brings about the namespace and what belongs into it: labels and settings. What fails in a namespace keeps nobody
// out of it.
func (r *workspaceReconciler) settle(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization) error {
	before := w.Status.Namespace
	n, err := r.settleNamespace(ctx, w, o)
	if n != nil {
		err = r.labelNamespace(ctx, w, n)
	}
	err = errors.Join(err, r.settleSettings(ctx, w, before))
	if worthTelling(err) {
		status.Progressing(w, v1alpha1.ReasonFailed, err.Error())
	}
	return err
}

func noOrganization(namespace string) string {
	return fmt.Sprintf("there is no Organization %q in namespace %q yet", namespace, namespace)
}

// describe counts and resolves what the status shows.
func (r *workspaceReconciler) describe(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization) (inventory, error) {
	users, err := r.lookup().UsersInWorkspace(ctx, w.Namespace, w.Name)
	if err != nil {
		return inventory{}, err
	}
	w.Status.Members = number(len(users))
	w.Status.Settings = effective.SettingsInForce(o, w)
	if err := r.describeContacts(ctx, w); err != nil {
		return inventory{}, err
	}
	return r.describeDevices(ctx, w)
}

// remove lets a deleted Workspace go: first nobody has access any more, then the namespace goes if that is the wish.
func (r *workspaceReconciler) remove(ctx context.Context, w *v1alpha1.Workspace) error {
	if !slices.Contains(w.Finalizers, v1alpha1.Finalizer) {
		return nil
	}
	before := w.DeepCopy()
	users, err := r.lookup().UsersInWorkspace(ctx, w.Namespace, w.Name)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		status.Progressing(w, v1alpha1.ReasonRemoving, fmt.Sprintf("taking access back from %d people", len(users)))
		_, err := status.Write(ctx, r.Client, before, w)
		return err
	}
	if err := r.removeSettings(ctx, w, effective.NamespaceOf(w)); err != nil {
		return err
	}
	if err := r.removeNamespace(ctx, w); err != nil {
		return err
	}
	r.told.Delete(w.UID)
	return r.removeFinalizer(ctx, w)
}
