// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch;create;patch;delete

// ofNamespace finds the workspaces that want a namespace, whoever it belongs to.
func (r *Reconciler) ofNamespace(ctx context.Context, c mapper.Change[*corev1.Namespace],
) ([]types.NamespacedName, error) {
	return mapper.KeysOf(r.cache.WorkspacesByNamespace(ctx, c.Newest().Name))
}

// settleNamespace makes the namespace, or says why it cannot be used. It gives the namespace in force; nil: there is none.
func (r *Reconciler) settleNamespace(ctx context.Context, w *v1alpha1.Workspace, o *v1alpha1.Organization,
) (*corev1.Namespace, error) {
	w.Status.Namespace = ""
	if o == nil {
		status.Progressing(w, v1alpha1.ReasonOrganizationNotFound, wording.NoOrganization(w.Namespace))
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	n, err := r.namespace(ctx, r.client, w)
	if err != nil {
		return nil, err
	}
	if n == nil || !owns(w, n) {
		if forbidden, err := r.forbidden(ctx, w); forbidden || err != nil {
			return nil, err
		}
	}
	if n == nil {
		if n, err = r.makeNamespace(ctx, w); n == nil || err != nil {
			return nil, err
		}
	}
	switch {
	case !owns(w, n):
		status.Stalled(w, v1alpha1.ReasonNamespaceConflict, conflictMessage(w, n))
	case !n.DeletionTimestamp.IsZero():
		status.Progressing(w, v1alpha1.ReasonNamespaceTerminating, fmt.Sprintf(
			"namespace %q is being deleted: it is made again when it is gone", n.Name))
	default:
		w.Status.Namespace = n.Name
		status.Ready(w, v1alpha1.ReasonReady, fmt.Sprintf("namespace %q is ready", n.Name))
		return n, nil
	}
	return nil, nil //nolint:nilnil // none is an answer, not an error
}

// namespace gives the namespace that a workspace wants; nil: there is none of that name.
func (r *Reconciler) namespace(ctx context.Context, from client.Reader, w *v1alpha1.Workspace,
) (*corev1.Namespace, error) {
	var n corev1.Namespace
	if err := from.Get(ctx, client.ObjectKey{Name: effective.NamespaceOf(w)}, &n); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return &n, nil
}

// forbidden tells whether the workspace may not have its namespace made, and says why in the status.
func (r *Reconciler) forbidden(ctx context.Context, w *v1alpha1.Workspace) (bool, error) {
	facts, err := r.cache.NamespaceFacts(ctx, r.platform.OperatorNamespace, w)
	if err != nil {
		return false, err
	}
	broken := authz.NamespaceViolation(w, facts)
	if broken != nil {
		status.Stalled(w, v1alpha1.ReasonInvalidNamespace, fmt.Sprintf("namespace %q: %s", broken.Value, broken.Message))
	}
	return broken != nil, nil
}

// makeNamespace makes the namespace. One that is there already, though the cache did not know it, comes back as it is: it
// must not be taken over. Labels that come from the Workspace are applied to what was made, so that they can go again.
func (r *Reconciler) makeNamespace(ctx context.Context, w *v1alpha1.Workspace) (*corev1.Namespace, error) {
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: effective.NamespaceOf(w), Labels: namespaceLabels(w)}}
	err := r.client.Create(ctx, n, object.FieldOwner)
	if !apierrors.IsAlreadyExists(err) {
		return n, err
	}
	n, err = r.namespace(ctx, r.api, w)
	if n == nil && err == nil {
		status.Progressing(w, v1alpha1.ReasonNamespaceTerminating, fmt.Sprintf(
			"namespace %q has just been deleted: it is made again", effective.NamespaceOf(w)))
	}
	return n, err
}

// namespaceLabels are the labels by which a namespace is known to be a workspace's.
func namespaceLabels(w *v1alpha1.Workspace) map[string]string {
	return map[string]string{
		v1alpha1.ManagedByLabel:    v1alpha1.ManagedByValue,
		v1alpha1.LabelOrganization: w.Namespace,
		v1alpha1.LabelWorkspace:    w.Name,
	}
}

// owns tells whether a namespace was made for this very workspace: one that was not is never adopted. A namespace from which
// these labels were taken is given up: nothing else proves whose it is.
func owns(w *v1alpha1.Workspace, n *corev1.Namespace) bool {
	return object.HasLabels(n.Labels, namespaceLabels(w))
}

// remake is what helps a Workspace whose namespace is another's: its spec.namespace cannot be changed.
const remake = "delete this Workspace and make one with another spec.namespace"

func conflictMessage(w *v1alpha1.Workspace, n *corev1.Namespace) string {
	if other := n.Labels[v1alpha1.LabelWorkspace]; n.Labels[v1alpha1.LabelOrganization] == w.Namespace && other != "" &&
		other != w.Name {
		return fmt.Sprintf("namespace %q belongs to workspace %q: %s", n.Name, other, remake)
	}
	return fmt.Sprintf("namespace %q exists already and was not made by Usher, which never takes one over: %s, or "+
		"delete the namespace", n.Name, remake)
}

// labelNamespace copies the Workspace's labels that the operator's configuration allows. Those that have gone from the
// Workspace go from the namespace, as Usher has applied them; whose they are stands in an annotation.
func (r *Reconciler) labelNamespace(ctx context.Context, w *v1alpha1.Workspace, n *corev1.Namespace) error {
	copied, refused := r.platform.NamespaceLabels.Of(w)
	r.tellRefused(w, refused)
	keys := strings.Join(slices.Sorted(maps.Keys(copied)), ",")
	if n.Annotations[v1alpha1.AnnotationCopiedLabels] == keys && object.HasLabels(n.Labels, copied) {
		return nil
	}
	maps.Copy(copied, namespaceLabels(w))
	// This very state of the namespace, which is known to be the workspace's, or none.
	wished := corev1ac.Namespace(n.Name).WithUID(n.UID).WithResourceVersion(n.ResourceVersion).WithLabels(copied)
	if keys != "" {
		wished.WithAnnotations(map[string]string{v1alpha1.AnnotationCopiedLabels: keys})
	}
	if err := r.client.Apply(ctx, wished, object.FieldOwner, client.ForceOwnership); err != nil {
		return fmt.Errorf("labels of namespace %s: %w", n.Name, err)
	}
	return nil
}

// maxRefused is how many labels an event names.
const maxRefused = 5

// tellRefused tells, once for each change, which labels are not copied. The workspace is ready all the same.
func (r *Reconciler) tellRefused(w *v1alpha1.Workspace, refused []string) {
	if len(refused) == 0 {
		r.told.Delete(w.UID)
		return
	}
	all := strings.Join(refused, ", ")
	if before, told := r.told.Swap(w.UID, all); told && before == all {
		return
	}
	if len(refused) > maxRefused {
		all = fmt.Sprintf("%s and %d more", strings.Join(refused[:maxRefused], ", "), len(refused)-maxRefused)
	}
	r.recorder.Eventf(w, nil, corev1.EventTypeWarning, v1alpha1.ReasonNamespaceLabelsRefused, "Reconcile",
		"the namespace does not get these labels, which the operator's --namespace-labels does not allow: %s", all)
}

func (r *Reconciler) removeNamespace(ctx context.Context, w *v1alpha1.Workspace) error {
	if w.Spec.DeletionPolicy != v1alpha1.DeletionDelete {
		return nil
	}
	n, err := r.namespace(ctx, r.api, w) // the cache may not know yet what the pass before has made
	if n != nil && owns(w, n) && n.DeletionTimestamp.IsZero() {
		err = r.client.Delete(ctx, n, client.Preconditions{UID: &n.UID})
	}
	return client.IgnoreNotFound(err)
}
