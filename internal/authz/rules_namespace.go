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

// systemPrefixes are those of namespaces that belong to the cluster. "default" needs none: no workspace's namespace can be
// called so.
var systemPrefixes = []string{"kube-", "openshift-"}

// NamespaceFacts are what decides, beside a Workspace itself, whether its namespace may be made.
type NamespaceFacts struct {
	// Operator is the operator's own namespace.
	Operator string
	// OtherOwner is another organization that the namespace's name belongs to; empty: there is none. See Neighbours.
	OtherOwner string
}

// OtherNamespaceOwners gives the names of the organizations that the name of a workspace's namespace would belong to before it
// belonged to the workspace's own: those of which it is the namespace, or has the prefix. The longest name comes first, for
// that one has it.
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

// checkNamespaceName gives what is wrong with the name of a workspace's namespace by itself (GTA-3).
func checkNamespaceName(w *v1alpha1.Workspace) []Violation {
	prefix, name := w.Namespace+"-", effective.NamespaceOf(w)
	system := slices.IndexFunc(systemPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	switch {
	case !strings.HasPrefix(name, prefix):
		return []Violation{invalid("spec.namespace", "namespace-prefixed", name, fmt.Sprintf(
			"must start with %q, the organization's prefix", prefix))}
	case system >= 0:
		return []Violation{invalid("spec.namespace", "namespace-system", name, fmt.Sprintf(
			"namespaces that start with %q belong to the cluster, never to a workspace: an organization called %q can have none, "+
				"make it under another name", systemPrefixes[system], w.Namespace))}
	case len(name) > maxNamespace:
		return []Violation{invalid("spec.namespace", "namespace-length", name, fmt.Sprintf(
			"the namespace would be called %q, which is longer than %d characters: set spec.namespace to a shorter name "+
				"that starts with %q", name, maxNamespace, prefix))}
	}
	return nil
}

// checkNamespaceOwner gives what forbids a Workspace to have its namespace made, beside its name by itself, which CheckContent
// looks at. A namespace that the Workspace owns already stays its own whatever organization comes later.
func checkNamespaceOwner(w *v1alpha1.Workspace, f NamespaceFacts) []Violation {
	name := effective.NamespaceOf(w)
	switch {
	case name == f.Operator:
		return []Violation{invalid("spec.namespace", "namespace-system", name,
			"is the namespace that the operator itself runs in, which never belongs to a workspace")}
	case f.OtherOwner != "":
		return []Violation{invalid("spec.namespace", "namespace-of-another", name, fmt.Sprintf(
			"belongs to organization %q, to which all namespaces called %q or starting with %q belong: give workspace %q "+
				"another spec.namespace that starts with %q", f.OtherOwner, f.OtherOwner, f.OtherOwner+"-", w.Name, w.Namespace+"-"))}
	}
	return nil
}

// judgeNamespace says early what the reconciler would hold back: a namespace that is out of the organization's reach. The
// name cannot be changed later.
func judgeNamespace(r Request) []Violation {
	if w, is := r.New.(*v1alpha1.Workspace); is && r.Operation == Create {
		return checkNamespaceOwner(w, r.Facts.Namespace)
	}
	return nil
}

// NamespaceViolation gives why a Workspace cannot have its namespace made; nil: it can.
func NamespaceViolation(w *v1alpha1.Workspace, f NamespaceFacts) *Violation {
	broken := append(checkNamespaceName(w), checkNamespaceOwner(w, f)...)
	if len(broken) == 0 {
		return nil
	}
	return &broken[0]
}
