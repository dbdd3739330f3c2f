// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ownDomain is that of Usher's labels. Its subdomains are Usher's as well.
const ownDomain = "accounts.usher.dev"

// NamespaceLabels are the labels that Workspaces may have copied to their namespaces: an allow-list, which is empty by
// default (GTA-3).
type NamespaceLabels struct {
	// values maps an allowed key to its allowed values. A key without values allows every value.
	values map[string][]string
	// domains allow all their keys.
	domains []string
}

// ParseNamespaceLabels reads an allow-list. An entry is a label key such as "team", a key with its only allowed value such as
// "team=red", or all keys of a domain such as "pod-security.kubernetes.io/*". The error names every entry that is wrong.
func ParseNamespaceLabels(entries []string) (NamespaceLabels, error) {
	n := NamespaceLabels{values: map[string][]string{}}
	open := map[string]bool{}
	var wrong []error
	for _, entry := range entries {
		key, value, valued := strings.Cut(entry, "=")
		domain, wild := strings.CutSuffix(key, "/*")
		if fault := entryFault(key, value, domain, wild, valued); fault != "" {
			wrong = append(wrong, fmt.Errorf("%q %s", entry, fault))
			continue
		}
		switch {
		case wild:
			n.domains = append(n.domains, domain)
		case valued && !open[key]:
			n.values[key] = append(n.values[key], value)
		case !valued:
			open[key], n.values[key] = true, nil
		}
	}
	return n, errors.Join(wrong...)
}

// entryFault says what is wrong with an entry. It is empty if nothing is.
func entryFault(key, value, domain string, wild, valued bool) string {
	sample := key
	if wild {
		sample = domain + "/x"
	}
	prefix, _, prefixed := strings.Cut(sample, "/")
	switch {
	case wild && valued:
		return "sets one value for all keys of a domain: name the key"
	case len(validation.IsQualifiedName(sample)) > 0:
		return "is neither a label key, such as team or pod-security.kubernetes.io/enforce, nor all keys of a domain, such as " +
			"pod-security.kubernetes.io/*"
	case len(validation.IsValidLabelValue(value)) > 0:
		return "has a value that is not a valid label value"
	case prefixed && !strings.Contains(prefix, "."):
		return "has a domain without a dot, which a Workspace's label cannot name"
	case !wild && isReserved(key), wild && isOwnDomain(domain):
		return "is reserved: Usher or Kubernetes records with it who owns the namespace"
	}
	return ""
}

// isReserved reports whether a label of a namespace belongs to Usher or to the API server.
func isReserved(key string) bool {
	domain, _, prefixed := strings.Cut(key, "/")
	return key == v1alpha1.ManagedByLabel || key == "kubernetes.io/metadata.name" || prefixed && isOwnDomain(domain)
}

func isOwnDomain(domain string) bool {
	return domain == ownDomain || strings.HasSuffix(domain, "."+ownDomain)
}

// namespaceLabelKey returns the key of the namespace's label that a Workspace's label stands for, which is what follows the
// prefix. False means that it stands for none. A key can contain only one slash, so the first "_" after a domain stands for
// another one: "pod-security.kubernetes.io_enforce" is "pod-security.kubernetes.io/enforce", and "team" is "team".
func namespaceLabelKey(label string) (string, bool) {
	name, is := strings.CutPrefix(label, v1alpha1.NamespaceLabelPrefix)
	if !is {
		return "", false
	}
	domain, rest, found := strings.Cut(name, "_")
	if found && strings.Contains(domain, ".") && len(validation.IsDNS1123Subdomain(domain)) == 0 {
		return domain + "/" + rest, true
	}
	return name, true
}

// For returns the labels that a Workspace has copied to its namespace. Refused are the Workspace's labels, sorted, that ask to
// be copied and are not allowed.
func (n NamespaceLabels) For(w *v1alpha1.Workspace) (copied map[string]string, refused []string) {
	copied = map[string]string{}
	for label, value := range w.Labels {
		key, asks := namespaceLabelKey(label)
		switch {
		case !asks:
		case n.allow(key, value):
			copied[key] = value
		default:
			refused = append(refused, label)
		}
	}
	slices.Sort(refused)
	return copied, refused
}

func (n NamespaceLabels) allow(key, value string) bool {
	if isReserved(key) || len(validation.IsQualifiedName(key)) > 0 {
		return false
	}
	if values, listed := n.values[key]; listed {
		return len(values) == 0 || slices.Contains(values, value)
	}
	domain, _, prefixed := strings.Cut(key, "/")
	return prefixed && slices.Contains(n.domains, domain)
}

// Warnings returns a sentence for each label of a Workspace that is not copied.
func (n NamespaceLabels) Warnings(w *v1alpha1.Workspace) []string {
	_, refused := n.For(w)
	warnings := make([]string, 0, len(refused))
	for _, label := range refused {
		key, _ := namespaceLabelKey(label)
		warnings = append(warnings, fmt.Sprintf("metadata.labels[%s]: the label %s=%s is not copied to the namespace, because the "+
			"operator's --namespace-labels does not allow it", label, key, w.Labels[label]))
	}
	return warnings
}
