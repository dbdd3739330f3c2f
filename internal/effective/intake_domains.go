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
	"github.com/usher-operator/usher/internal/emailaddr"
)

// IntakeDomains say which organization may receive mail at which addresses. If there are none, an address belongs to the
// organization that requests it first.
type IntakeDomains struct {
	// owners maps a domain or an address, both in their normal form, to the organizations that may use it.
	owners map[string][]string
}

// ParseIntakeDomains reads entries such as "acme=in.acme.example", the mail domain of an organization, or
// "acme=help@acme.example", a single address. An organization may have several entries, and several may share a domain. The
// error names every entry that is wrong.
func ParseIntakeDomains(entries []string) (IntakeDomains, error) {
	d := IntakeDomains{owners: map[string][]string{}}
	var wrong []error
	for _, entry := range entries {
		organization, place, found := strings.Cut(entry, "=")
		single := strings.Contains(place, "@")
		sample := place
		if !single {
			sample = "x@" + place
		}
		switch {
		case !found, len(validation.IsDNS1123Label(organization)) > 0:
			wrong = append(wrong, fmt.Errorf("%q does not name an organization: write organization=domain or organization=address, "+
				"for example acme=in.acme.example", entry))
		case !emailaddr.Valid(sample):
			wrong = append(wrong, fmt.Errorf("%q names neither a mail domain such as in.acme.example nor an address such as "+
				"help@acme.example", entry))
		default:
			place = domainOf(sample)
			if single {
				place = emailaddr.Normalize(sample)
			}
			if !slices.Contains(d.owners[place], organization) {
				d.owners[place] = append(d.owners[place], organization)
			}
		}
	}
	return d, errors.Join(wrong...)
}

// domainOf returns the domain of an address in its normal form.
func domainOf(address string) string {
	address = emailaddr.Normalize(address)
	return address[strings.LastIndexByte(address, '@')+1:]
}

// allow reports whether an organization may receive mail at an address. A domain does not include its subdomains, and an
// address with an entry of its own does not belong to those who have its domain.
func (d IntakeDomains) allow(organization, address string) bool {
	if len(d.owners) == 0 {
		return true
	}
	owners, named := d.owners[emailaddr.Normalize(address)]
	if !named {
		owners = d.owners[domainOf(address)]
	}
	return slices.Contains(owners, organization)
}

// placesOf returns the domains and addresses of an organization, sorted.
func (d IntakeDomains) placesOf(organization string) []string {
	var places []string
	for place, owners := range d.owners {
		if slices.Contains(owners, organization) {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// RefusalMessage says why a workspace may not have the intake address that it requests. It is empty if the workspace may.
func (d IntakeDomains) RefusalMessage(w *v1alpha1.Workspace) string {
	address := IntakeOf(w)
	if address == "" || d.allow(w.Namespace, address) {
		return ""
	}
	ask := fmt.Sprintf("ask the platform team to add %s=%s to the operator's --intake-domains", w.Namespace, domainOf(address))
	places := d.placesOf(w.Namespace)
	if len(places) == 0 {
		return fmt.Sprintf("is not an address of organization %q, which may not receive mail anywhere yet: %s", w.Namespace, ask)
	}
	return fmt.Sprintf("is not an address of organization %q, which may receive mail only at %s: use one of these, or %s",
		w.Namespace, strings.Join(places, ", "), ask)
}
