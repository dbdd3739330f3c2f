// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// OwnerLabels are the labels that say which workspace a namespace, or an object in it, belongs to.
func OwnerLabels(w *v1alpha1.Workspace) map[string]string {
	return map[string]string{
		v1alpha1.ManagedByLabel:    v1alpha1.ManagedByValue,
		v1alpha1.LabelOrganization: w.Namespace,
		v1alpha1.LabelWorkspace:    w.Name,
	}
}

// OwnsNamespace reports whether a namespace with these labels was created for this very workspace. Any other namespace is never adopted. A
// namespace that has lost one of them is given up, because nothing else proves whose it is.
func OwnsNamespace(w *v1alpha1.Workspace, labels map[string]string) bool {
	for key, value := range OwnerLabels(w) {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// NamespaceSibling returns the name of another workspace of the same organization for which a namespace with these labels was created,
// or "".
func NamespaceSibling(w *v1alpha1.Workspace, labels map[string]string) string {
	if other := labels[v1alpha1.LabelWorkspace]; labels[v1alpha1.LabelOrganization] == w.Namespace && other != w.Name {
		return other
	}
	return ""
}

// remedy is what helps a Workspace whose namespace is another's: its spec.namespace cannot be changed.
const remedy = "delete this Workspace and create one with another spec.namespace"

// NamespaceTaken says that a namespace exists that is not a workspace's own.
func NamespaceTaken(w *v1alpha1.Workspace, labels map[string]string) string {
	if other := NamespaceSibling(w, labels); other != "" {
		return fmt.Sprintf("namespace %q belongs to workspace %q: %s", NamespaceOf(w), other, remedy)
	}
	return fmt.Sprintf("namespace %q already exists and was not created by Usher, which never adopts a namespace: %s, or "+
		"delete the namespace", NamespaceOf(w), remedy)
}

// NamespaceOfSibling says how a namespace comes to a workspace that is another one under a new name: Kubernetes cannot rename an object, so
// the new Workspace is created beside the former one, and finds the namespace taken. Former is that other workspace; nil: it is gone, and
// has left the namespace behind.
func NamespaceOfSibling(w *v1alpha1.Workspace, sibling string, former *v1alpha1.Workspace) string {
	name := NamespaceOf(w)
	if former == nil {
		return fmt.Sprintf("namespace %q was left behind by workspace %q, which no longer exists: to continue with it here, ask a "+
			"cluster administrator to run `kubectl label namespace %s %s=%s --overwrite`; otherwise, %s", name, sibling, name,
			v1alpha1.LabelWorkspace, w.Name, remedy)
	}
	shown := fmt.Sprintf("If only the name that people see is to change, set spec.displayName of workspace %q instead", sibling)
	if former.Spec.DeletionPolicy == v1alpha1.DeletionDelete {
		return fmt.Sprintf("namespace %q belongs to workspace %q: %s. If this is that workspace under a new name, first set its "+
			"spec.deletionPolicy to Retain, or everything in the namespace is deleted with it. %s", name, sibling, remedy, shown)
	}
	return fmt.Sprintf("namespace %q belongs to workspace %q: %s. If this is that workspace under a new name, delete workspace %q, "+
		"which leaves the namespace behind. %s", name, sibling, remedy, sibling, shown)
}
