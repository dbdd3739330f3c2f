// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Issuers are the hosts at which organizations may have providers of their own.
type Issuers struct {
	// owners maps a host to the organizations that may use it; "" stands for all. A host that begins with a dot stands for those below it.
	owners map[string][]string
}

// ParseIssuers reads entries such as "login.acme.example" and "*.okta.example" (the hosts below it), each of which may begin with the name
// of the only organization that it holds for, as in "acme=login.acme.example". The error names every entry that is wrong.
func ParseIssuers(entries []string) (Issuers, error) {
	i := Issuers{owners: map[string][]string{}}
	var wrong []error
	for _, entry := range entries {
		organization, place, found := strings.Cut(entry, "=")
		if !found {
			organization, place = "", entry
		}
		host, below := strings.CutPrefix(strings.ToLower(place), "*.")
		switch {
		case found && len(validation.IsDNS1123Label(organization)) > 0:
			wrong = append(wrong, fmt.Errorf("%q does not name an organization: write organization=host, for example "+
				"acme=login.acme.example", entry))
		case len(validation.IsDNS1123Subdomain(host)) > 0, below && !strings.Contains(host, "."):
			wrong = append(wrong, fmt.Errorf("%q names neither a host such as login.acme.example nor those below one, such as "+
				"*.okta.example", entry))
		default:
			if below {
				host = "." + host
			}
			i.owners[host] = append(i.owners[host], organization)
		}
	}
	return i, errors.Join(wrong...)
}

// Allow reports whether an organization may have its own provider at an issuer.
func (i Issuers) Allow(organization, issuer string) bool {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	places := []string{host}
	for n := range host {
		if host[n] == '.' {
			places = append(places, host[n:])
		}
	}
	return slices.ContainsFunc(places, func(place string) bool {
		return slices.Contains(i.owners[place], "") || slices.Contains(i.owners[place], organization)
	})
}

// RefusalOf says why an organization may not have its own provider at an issuer. It is empty if it may.
func (i Issuers) RefusalOf(organization, issuer string) string {
	if i.Allow(organization, issuer) {
		return ""
	}
	return fmt.Sprintf("is not at a host where organization %q may have a provider: ask the platform team to add it, as in %s=<host>, to "+
		"signIn.organizationIssuers of the operator's configuration", organization, organization)
}
