// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// maxNamespace is how many characters the name of a Kubernetes namespace may have.
const maxNamespace = 63

// systemPrefixes are those of namespaces that belong to the cluster. "default" is not among them, because no workspace's
// namespace can have that name.
var systemPrefixes = []string{"kube-", "openshift-"}

// NamespaceFacts are what decides, besides a Workspace itself, whether its namespace may be created.
type NamespaceFacts struct {
	// Operator is the operator's own namespace.
	Operator string
	// OtherOwner is another organization that the namespace belongs to; see OtherNamespaceOwners. Empty if there is none.
	OtherOwner string
}

// OtherNamespaceOwners returns the names of the organizations that would own a workspace's namespace in place of the
// workspace's own organization: those of which it is the namespace, or whose prefix it has. They are sorted by length, the
// longest first, because the longest name that exists owns the namespace.
func OtherNamespaceOwners(w *v1alpha1.Workspace) []string {
	name := effective.NamespaceOf(w)
	own := len(w.Namespace) + 1
	if len(name) <= own || !strings.HasPrefix(name, w.Namespace+"-") {
		return nil
	}
	names := []string{name}
	for i := len(name) - 1; i > own; i-- {
		if name[i] == '-' {
			names = append(names, name[:i])
		}
	}
	return names
}

// checkNamespaceName returns what is wrong with the name of a workspace's namespace in itself (GTA-3).
func checkNamespaceName(w *v1alpha1.Workspace) []Violation {
	prefix, name := w.Namespace+"-", effective.NamespaceOf(w)
	system := slices.IndexFunc(systemPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	switch {
	case !strings.HasPrefix(name, prefix):
		return []Violation{invalid("spec.namespace", "namespace-prefixed", name, fmt.Sprintf(
			"must start with %q, the organization's prefix", prefix))}
	case system >= 0:
		return []Violation{invalid("spec.namespace", "namespace-system", name, fmt.Sprintf(
			"namespaces that start with %q belong to the cluster: organization %q cannot have workspaces; create the organization "+
				"under another name", systemPrefixes[system], w.Namespace))}
	case len(name) > maxNamespace:
		return []Violation{invalid("spec.namespace", "namespace-length", name, fmt.Sprintf(
			"the namespace would be called %q, which is longer than %d characters: set spec.namespace to a shorter name "+
				"that starts with %q", name, maxNamespace, prefix))}
	}
	return nil
}

// checkNamespaceOwner returns why a Workspace may not have its namespace created, apart from the name in itself, which is for
// CheckContent. A namespace that the Workspace owns already remains its own, whatever organizations are created later.
func checkNamespaceOwner(w *v1alpha1.Workspace, f NamespaceFacts) []Violation {
	name := effective.NamespaceOf(w)
	switch {
	case name == f.Operator:
		return []Violation{invalid("spec.namespace", "namespace-system", name, fmt.Sprintf(
			"is the namespace that the operator runs in: set spec.namespace of workspace %q to another name that starts with %q",
			w.Name, w.Namespace+"-"))}
	case f.OtherOwner != "":
		return []Violation{invalid("spec.namespace", "namespace-of-another", name, fmt.Sprintf(
			"belongs to organization %q, as do all namespaces that start with %q: set spec.namespace of workspace %q to another "+
				"name that starts with %q", f.OtherOwner, f.OtherOwner+"-", w.Name, w.Namespace+"-"))}
	}
	return nil
}

// judgeNamespace refuses early what the reconciler would not create: a namespace that does not belong to the organization.
// The name cannot be changed later.
func judgeNamespace(r Request) []Violation {
	if w, is := r.New.(*v1alpha1.Workspace); is && r.Operation == Create {
		return checkNamespaceOwner(w, r.Facts.Namespace)
	}
	return nil
}

// NamespaceViolation returns why a Workspace cannot have its namespace created, or nil if it can.
func NamespaceViolation(w *v1alpha1.Workspace, f NamespaceFacts) *Violation {
	broken := append(checkNamespaceName(w), checkNamespaceOwner(w, f)...)
	if len(broken) == 0 {
		return nil
	}
	return &broken[0]
}
