// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/wording"
)

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch;create;patch;delete

// reconcileNamespace creates the namespace, or finds out why the workspace has none.
func (r *Reconciler) reconcileNamespace(ctx context.Context, s *scope) (time.Duration, error) {
	w := s.workspace
	w.Status.Namespace = ""
	if s.organization == nil {
		s.namespaceProblem = progressing(v1alpha1.ReasonOrganizationNotFound, wording.NoOrganization(w.Namespace))
		return 0, nil
	}
	n := s.found
	if n == nil || !owns(w, n) {
		refusal, err := r.namespaceRefusal(ctx, w)
		if s.namespaceProblem = refusal; refusal != nil || err != nil {
			return 0, err
		}
	}
	if n == nil {
		var err error
		if n, err = r.createNamespace(ctx, w); err != nil {
			return 0, err
		}
	}
	if s.namespaceProblem = namespaceProblem(w, n); s.namespaceProblem == nil {
		s.namespace, w.Status.Namespace = n, n.Name
		return 0, nil
	}
	return 0, r.explainRename(ctx, s, n)
}

// explainRename says how a namespace comes to a workspace that is another one under a new name.
func (r *Reconciler) explainRename(ctx context.Context, s *scope, n *corev1.Namespace) error {
	w := s.workspace
	if n == nil || owns(w, n) {
		return nil
	}
	sibling := effective.NamespaceSibling(w, n.Labels)
	if sibling == "" {
		return nil
	}
	former, err := r.cache.Workspace(ctx, w.Namespace, sibling)
	if err == nil {
		s.namespaceProblem = stalled(v1alpha1.ReasonNamespaceConflict, effective.NamespaceOfSibling(w, sibling, former))
	}
	return err
}

// namespaceProblem returns what keeps a workspace from having a namespace of the requested name. Nil for n: there is none, although the
// workspace may have it.
func namespaceProblem(w *v1alpha1.Workspace, n *corev1.Namespace) *problem {
	switch {
	case n == nil:
		return progressing(v1alpha1.ReasonNamespaceTerminating, fmt.Sprintf(
			"namespace %q has just been deleted: it will be recreated", effective.NamespaceOf(w)))
	case !owns(w, n):
		return stalled(v1alpha1.ReasonNamespaceConflict, effective.NamespaceTaken(w, n.Labels))
	case !n.DeletionTimestamp.IsZero():
		return progressing(v1alpha1.ReasonNamespaceTerminating, fmt.Sprintf(
			"namespace %q is being deleted: it will be recreated once it is gone", n.Name))
	default:
		return nil
	}
}

// namespaceNamed returns a namespace; nil: there is none of that name.
func namespaceNamed(ctx context.Context, from client.Reader, name string) (*corev1.Namespace, error) {
	var n corev1.Namespace
	if err := from.Get(ctx, client.ObjectKey{Name: name}, &n); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return &n, nil
}

// namespaceRefusal returns why a workspace may not have its namespace created; nil: it may.
func (r *Reconciler) namespaceRefusal(ctx context.Context, w *v1alpha1.Workspace) (*problem, error) {
	facts, err := r.cache.NamespaceFacts(ctx, r.platform.OperatorNamespace, w)
	if err != nil {
		return nil, err
	}
	if broken := authz.NamespaceViolation(w, facts); broken != nil {
		return stalled(v1alpha1.ReasonInvalidNamespace, fmt.Sprintf("namespace %q: %s", broken.Value, broken.Message)), nil
	}
	return nil, nil //nolint:nilnil // none is an answer, not an error
}

// createNamespace creates the namespace. One that exists although the cache does not show it is returned as it is, because it must not
// be taken over; nil: it is gone again. Labels that come from the Workspace are applied afterwards, so that they can be removed later.
func (r *Reconciler) createNamespace(ctx context.Context, w *v1alpha1.Workspace) (*corev1.Namespace, error) {
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: effective.NamespaceOf(w), Labels: namespaceLabels(w)}}
	err := r.client.Create(ctx, n, object.FieldOwner)
	if apierrors.IsAlreadyExists(err) {
		return namespaceNamed(ctx, r.api, n.Name)
	}
	return n, err
}

// namespaceLabels are the labels that say which workspace a namespace belongs to.
func namespaceLabels(w *v1alpha1.Workspace) map[string]string { return effective.OwnerLabels(w) }

// owns reports whether a namespace was created for this very workspace.
func owns(w *v1alpha1.Workspace, n *corev1.Namespace) bool {
	return effective.OwnsNamespace(w, n.Labels)
}
