// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// addTakenNamespace says that a workspace without a namespace requests one that is not its own (GTA-3). Whoever gives a Workspace in a
// file another name creates a second one that does so, and learns at once how the namespace is handed over.
func (r Reader) addTakenNamespace(ctx context.Context, warnings []string, w *v1alpha1.Workspace) ([]string, error) {
	if w.Status.Namespace != "" {
		return warnings, nil
	}
	n, err := r.Namespace(ctx, effective.NamespaceOf(w))
	if err != nil || n == nil || effective.OwnsNamespace(w, n.Labels) {
		return warnings, err
	}
	sibling := effective.NamespaceSibling(w, n.Labels)
	if sibling == "" {
		return append(warnings, "spec.namespace: "+effective.NamespaceTaken(w, n.Labels)), nil
	}
	former, err := r.Workspace(ctx, w.Namespace, sibling)
	return append(warnings, "spec.namespace: "+effective.NamespaceOfSibling(w, sibling, former)), err
}
