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

// reservedGroups is the prefix of the groups that Kubernetes reserves for itself.
const reservedGroups = "system:"

// IdentityGroups say which groups of the identity provider an organization may give access (DIR-5): an allow-list of prefixes, which is
// empty by default.
type IdentityGroups struct {
	// prefixes maps an organization to the prefixes that it may use. Those under "" are everybody's.
	prefixes map[string][]string
}

// ParseIdentityGroups reads entries such as "oidc:acme-", a prefix for every organization, or "acme=oidc:acme-", one for a single
// organization. The error names every entry that is wrong.
func ParseIdentityGroups(entries []string) (IdentityGroups, error) {
	g := IdentityGroups{prefixes: map[string][]string{}}
	var wrong []error
	for _, entry := range entries {
		organization, prefix, found := strings.Cut(entry, "=")
		if !found || len(validation.IsDNS1123Label(organization)) > 0 { // a prefix may contain the sign itself
			organization, prefix = "", entry
		}
		switch {
		case prefix == "":
			wrong = append(wrong, fmt.Errorf("%q allows every group: write the prefix that the API server puts before the groups of the "+
				"identity provider, for example oidc: or acme=oidc:acme-", entry))
		case strings.HasPrefix(prefix, reservedGroups):
			wrong = append(wrong, fmt.Errorf("%q begins with %s, which Kubernetes reserves for its own groups", entry, reservedGroups))
		case !slices.Contains(g.prefixes[organization], prefix):
			g.prefixes[organization] = append(g.prefixes[organization], prefix)
		}
	}
	return g, errors.Join(wrong...)
}

// WhyRefused says why a group may not name the identity group that it requests. It is empty if it may, and if it names none.
func (i IdentityGroups) WhyRefused(g *v1alpha1.OrgGroup) string {
	name := string(g.Spec.IdentityGroup)
	if name == "" {
		return ""
	}
	if strings.HasPrefix(name, reservedGroups) {
		return "is a group that Kubernetes reserves for itself: name a group of the identity provider"
	}
	allowed := slices.Concat(i.prefixes[""], i.prefixes[g.Namespace])
	if slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(name, prefix) && name != prefix }) {
		return ""
	}
	ask := fmt.Sprintf("ask the platform team to add its prefix, as in %s=<prefix>, to groups.identityPrefixes of the operator's "+
		"configuration", g.Namespace)
	if len(allowed) == 0 {
		return "cannot be used: the platform's configuration allows no groups of an identity provider yet: " + ask
	}
	slices.Sort(allowed)
	return fmt.Sprintf("is not a group that organization %q may use, which are those that begin with %s: use one of these, or %s",
		g.Namespace, strings.Join(allowed, ", "), ask)
}
