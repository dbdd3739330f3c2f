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

// ownDomain is that of Usher's labels; its subdomains are Usher's as well.
const ownDomain = "accounts.usher.dev"

// NamespaceLabels are the labels that Workspaces may have copied to their namespaces: an allow-list, which holds nothing at
// first (GTA-3).
type NamespaceLabels struct {
	// values are, by key, those that are allowed; none: every value is.
	values map[string][]string
	// domains allow all their keys.
	domains []string
}

// ParseNamespaceLabels reads an allow-list. An entry is a label's key, a key with the only value that it may have, as
// "team=red", or a domain's keys, as "pod-security.kubernetes.io/*". The error names every entry that is wrong.
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

// entryFault says what is wrong with an entry; empty: nothing is.
func entryFault(key, value, domain string, wild, valued bool) string {
	sample := key
	if wild {
		sample = domain + "/x"
	}
	prefix, _, prefixed := strings.Cut(sample, "/")
	switch {
	case wild && valued:
		return "gives a value to all keys of a domain: name the key"
	case len(validation.IsQualifiedName(sample)) > 0:
		return "is no label's key, such as team or pod-security.kubernetes.io/enforce, nor a domain's keys, such as " +
			"pod-security.kubernetes.io/*"
	case len(validation.IsValidLabelValue(value)) > 0:
		return "has a value that no label can have"
	case prefixed && !strings.Contains(prefix, "."):
		return "has a domain without a dot, which a Workspace's label cannot name"
	case !wild && reserved(key), wild && isOwnDomain(domain):
		return "is kept by Usher or by Kubernetes itself, and says whose the namespace is"
	}
	return ""
}

// reserved tells whether a label of a namespace is Usher's or the API server's own.
func reserved(key string) bool {
	domain, _, prefixed := strings.Cut(key, "/")
	return key == v1alpha1.ManagedByLabel || key == "kubernetes.io/metadata.name" || prefixed && isOwnDomain(domain)
}

func isOwnDomain(domain string) bool {
	return domain == ownDomain || strings.HasSuffix(domain, "."+ownDomain)
}

// NamespaceLabelKey gives the key of the namespace's label that a Workspace's label stands for; false: for none. What
// follows the prefix is the key. As a key holds one slash only, the first "_" after a domain stands for the other:
// "pod-security.kubernetes.io_enforce" is "pod-security.kubernetes.io/enforce", and "team" is "team".
func NamespaceLabelKey(label string) (string, bool) {
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

// For gives the labels that a Workspace has copied to its namespace, and, sorted, its labels that ask for one and are not
// copied, as they are not allowed.
func (n NamespaceLabels) For(w *v1alpha1.Workspace) (copied map[string]string, refused []string) {
	copied = map[string]string{}
	for label, value := range w.Labels {
		key, asks := NamespaceLabelKey(label)
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
	if reserved(key) || len(validation.IsQualifiedName(key)) > 0 {
		return false
	}
	if values, listed := n.values[key]; listed {
		return len(values) == 0 || slices.Contains(values, value)
	}
	domain, _, prefixed := strings.Cut(key, "/")
	return prefixed && slices.Contains(n.domains, domain)
}

// Warnings gives a sentence for each label of a Workspace that is not copied.
func (n NamespaceLabels) Warnings(w *v1alpha1.Workspace) []string {
	_, refused := n.For(w)
	warnings := make([]string, 0, len(refused))
	for _, label := range refused {
		key, _ := NamespaceLabelKey(label)
		warnings = append(warnings, fmt.Sprintf("metadata.labels[%s]: the namespace does not get the label %s=%s, which the "+
			"operator's --namespace-labels does not allow", label, key, w.Labels[label]))
	}
	return warnings
}
