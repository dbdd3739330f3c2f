// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import "github.com/usher-operator/usher/api/v1alpha1"

// NamespaceOf gives the name of the Kubernetes namespace that a workspace owns.
func NamespaceOf(w *v1alpha1.Workspace) string {
	if w.Spec.Namespace != "" {
		return string(w.Spec.Namespace)
	}
	return w.Namespace + "-" + w.Name
}
