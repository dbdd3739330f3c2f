// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/object"
)

// reconcileLabels copies the Workspace's labels to the namespace that the operator's configuration allows. Labels that are removed from
// the Workspace are removed from the namespace, because Usher has applied them; an annotation lists which are copied.
func (r *Reconciler) reconcileLabels(ctx context.Context, s *scope) (time.Duration, error) {
	w, n := s.workspace, s.namespace
	if n == nil {
		return 0, nil
	}
	copied, refused := r.platform.NamespaceLabels.Load().For(w)
	r.reportRefused(w, refused)
	keys := strings.Join(slices.Sorted(maps.Keys(copied)), ",")
	if n.Annotations[v1alpha1.AnnotationCopiedLabels] == keys && object.HasLabels(n.Labels, copied) {
		return 0, nil
	}
	maps.Copy(copied, namespaceLabels(w))
	// To this very state of the namespace, which is known to be the workspace's, or not at all.
	apply := corev1ac.Namespace(n.Name).WithUID(n.UID).WithResourceVersion(n.ResourceVersion).WithLabels(copied)
	if keys != "" {
		apply.WithAnnotations(map[string]string{v1alpha1.AnnotationCopiedLabels: keys})
	}
	if err := r.client.Apply(ctx, apply, object.FieldOwner, client.ForceOwnership); err != nil {
		return 0, fmt.Errorf("labels of namespace %s: %w", n.Name, err)
	}
	return 0, nil
}

// refusals remembers, by a Workspace's UID, the refused labels that an event reported last, so that it is reported once for each change
// and not with each pass. Nothing but the number of events depends on it: it is lost when the operator restarts, which reports once more.
type refusals struct{ reported sync.Map }

// remember stores the refused labels of a workspace. It reports whether they differ from those that it knew.
func (r *refusals) remember(workspace types.UID, labels string) (changed bool) {
	before, known := r.reported.Swap(workspace, labels)
	return !known || before != labels
}

// forget drops what is known of a workspace.
func (r *refusals) forget(workspace types.UID) { r.reported.Delete(workspace) }

// maxRefused is how many labels an event names.
const maxRefused = 5

// reportRefused emits an event, once for each change, that names the labels that are not copied. The workspace is ready all the same.
func (r *Reconciler) reportRefused(w *v1alpha1.Workspace, refused []string) {
	if len(refused) == 0 {
		r.refusals.forget(w.UID)
		return
	}
	all := strings.Join(refused, ", ")
	if !r.refusals.remember(w.UID, all) {
		return
	}
	if len(refused) > maxRefused {
		all = fmt.Sprintf("%s and %d more", strings.Join(refused[:maxRefused], ", "), len(refused)-maxRefused)
	}
	r.recorder.Eventf(w, nil, corev1.EventTypeWarning, v1alpha1.ReasonNamespaceLabelsRefused, "Reconcile",
		"these labels are not copied to the namespace, because the operator's --namespace-labels does not allow them: %s", all)
}
