// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/policy"
	"github.com/usher-operator/usher/internal/status"
)

// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=accounts.usher.dev,resources=workspaces/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch;create;delete

// workspaceReconciler makes a Workspace's namespace. Access to it is the OrgUser reconciler's.
type workspaceReconciler struct{ Dependencies }

func setupWorkspace(mgr ctrl.Manager, d Dependencies) error {
	r := &workspaceReconciler{d}
	return ctrl.NewControllerManagedBy(mgr).
		Named("workspace").
		For(&v1alpha1.Workspace{}).
		WithOptions(concurrently).
		Watches(&v1alpha1.Organization{}, onChange(r.ofOrganization)).
		Watches(&v1alpha1.OrgUser{}, onChangeAfter(countDelay, r.ofUser)).
		Watches(&corev1.Namespace{}, onChange(r.ofNamespace)).
		Complete(reconcile.AsReconciler(d.Client, r))
}

func (r *workspaceReconciler) ofOrganization(ctx context.Context, c change[*v1alpha1.Organization],
) ([]types.NamespacedName, error) {
	if !c.created() && !c.deleted() && c.before.Spec.Settings == c.after.Spec.Settings {
		return nil, nil
	}
	return keysOf(r.lookup().Workspaces(ctx, c.newest().Namespace))
}

// ofUser: a workspace counts the people in it.
func (r *workspaceReconciler) ofUser(_ context.Context, c change[*v1alpha1.OrgUser]) ([]types.NamespacedName, error) {
	touched := map[string]int{}
	if !c.created() {
		for _, g := range c.before.Status.Workspaces {
			touched[string(g.Name)]++
		}
	}
	if !c.deleted() {
		for _, g := range c.after.Status.Workspaces {
			touched[string(g.Name)]--
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

// ofNamespace finds the workspaces that want a namespace, whoever it belongs to.
func (r *workspaceReconciler) ofNamespace(ctx context.Context, c change[*corev1.Namespace],
) ([]types.NamespacedName, error) {
	namespace := c.newest()
	if organization := namespace.Labels[v1alpha1.LabelOrganization]; organization != "" {
		return []types.NamespacedName{{Namespace: organization, Name: namespace.Labels[v1alpha1.LabelWorkspace]}}, nil
	}
	return keysOf(r.lookup().WorkspacesByNamespace(ctx, namespace.Name))
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
	if err := r.describe(ctx, w, organization); err != nil {
		return ctrl.Result{}, err
	}
	if err := r.settleNamespace(ctx, w, organization); err != nil {
		return settled(ctrl.Result{}, err)
	}
	_, err = status.Write(ctx, r.Client, before, w)
	return settled(ctrl.Result{}, err)
}

// settleNamespace makes the namespace, or says why it cannot be used.
func (r *workspaceReconciler) settleNamespace(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization,
) error {
	w.Status.Namespace = ""
	if o == nil {
		status.Progressing(w, v1alpha1.ReasonOrganizationNotFound, noOrganization(w.Namespace))
		return nil
	}
	name := policy.NamespaceOf(w)
	if broken := policy.CheckContent(w); slices.ContainsFunc(broken, aboutNamespace) {
		status.Stalled(w, v1alpha1.ReasonInvalidNamespace, broken[slices.IndexFunc(broken, aboutNamespace)].Message)
		return nil
	}
	var namespace corev1.Namespace
	err := r.Client.Get(ctx, client.ObjectKey{Name: name}, &namespace)
	if apierrors.IsNotFound(err) {
		namespace = *namespaceFor(w, name)
		err = r.Client.Create(ctx, &namespace, FieldOwner)
	}
	switch {
	case apierrors.IsAlreadyExists(err):
		status.Progressing(w, v1alpha1.ReasonNamespaceConflict, fmt.Sprintf("looking at namespace %q", name))
		return nil // the namespace comes into the cache, which brings the next pass
	case err != nil:
		return err
	case !owns(w, &namespace):
		status.Stalled(w, v1alpha1.ReasonNamespaceConflict, conflictMessage(w, &namespace))
	case !namespace.DeletionTimestamp.IsZero():
		status.Progressing(w, v1alpha1.ReasonNamespaceTerminating, fmt.Sprintf(
			"namespace %q is being deleted: it is made again when it is gone", name))
	default:
		w.Status.Namespace = name
		status.Ready(w, v1alpha1.ReasonReady, fmt.Sprintf("namespace %q is ready", name))
	}
	return nil
}

func aboutNamespace(v policy.Violation) bool { return v.Field == "spec.namespace" }

func namespaceFor(w *v1alpha1.Workspace, name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name,
		Labels: map[string]string{
			v1alpha1.ManagedByLabel:    v1alpha1.ManagedByValue,
			v1alpha1.LabelOrganization: w.Namespace,
			v1alpha1.LabelWorkspace:    w.Name,
		},
	}}
}

// owns tells whether a namespace was made for this very workspace: one that was not is never adopted.
func owns(w *v1alpha1.Workspace, n *corev1.Namespace) bool {
	return n.Labels[v1alpha1.ManagedByLabel] == v1alpha1.ManagedByValue &&
		n.Labels[v1alpha1.LabelOrganization] == w.Namespace && n.Labels[v1alpha1.LabelWorkspace] == w.Name
}

func conflictMessage(w *v1alpha1.Workspace, n *corev1.Namespace) string {
	if other := n.Labels[v1alpha1.LabelWorkspace]; n.Labels[v1alpha1.LabelOrganization] == w.Namespace && other != "" {
		return fmt.Sprintf("namespace %q belongs to workspace %q: give this workspace another spec.namespace", n.Name, other)
	}
	return fmt.Sprintf("namespace %q exists already and was not made by Usher, which never takes one over: give the "+
		"workspace another spec.namespace, or delete the namespace", n.Name)
}

func noOrganization(namespace string) string {
	return fmt.Sprintf("there is no Organization %q in namespace %q yet", namespace, namespace)
}

// describe counts and resolves what the status shows.
func (r *workspaceReconciler) describe(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization) error {
	users, err := r.lookup().UsersInWorkspace(ctx, w.Namespace, w.Name)
	if err != nil {
		return err
	}
	w.Status.Members = number(len(users))
	w.Status.Devices = number(len(w.Spec.Devices))
	w.Status.Settings = policy.SettingsInForce(o, w)
	w.Status.Contacts = nil
	for _, c := range w.Spec.Contacts {
		contact := v1alpha1.ContactStatus{Name: string(c.Name)}
		if c.Assignee != "" {
			people, err := r.lookup().UsersByEmail(ctx, w.Namespace, string(c.Assignee))
			if err != nil {
				return err
			}
			if slices.ContainsFunc(people, isActive) {
				contact.Assignee = string(c.Assignee)
			}
		}
		w.Status.Contacts = append(w.Status.Contacts, contact)
	}
	return nil
}

func isActive(u *v1alpha1.OrgUser) bool { return u.Status.State == v1alpha1.UserActive }

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
	if err := r.removeNamespace(ctx, w); err != nil {
		return err
	}
	return r.removeFinalizer(ctx, w)
}

func (r *workspaceReconciler) removeNamespace(ctx context.Context, w *v1alpha1.Workspace) error {
	if w.Spec.DeletionPolicy != v1alpha1.DeletionDelete {
		return nil
	}
	var namespace corev1.Namespace
	err := r.Client.Get(ctx, client.ObjectKey{Name: policy.NamespaceOf(w)}, &namespace)
	if err == nil && owns(w, &namespace) && namespace.DeletionTimestamp.IsZero() {
		err = r.Client.Delete(ctx, &namespace, client.Preconditions{UID: &namespace.UID})
	}
	return client.IgnoreNotFound(err)
}
