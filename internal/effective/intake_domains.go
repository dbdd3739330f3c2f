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

// IntakeDomains say which organization may take mails in at which addresses. With none, an address is whoever's asks for it
// first.
type IntakeDomains struct {
	// owners are the organizations of a domain or of an address, both in the form in which addresses are compared.
	owners map[string][]string
}

// ParseIntakeDomains reads entries such as "acme=in.acme.example", the mail domain of an organization, or
// "acme=help@acme.example", a single address. An organization may have several, and several may share a domain. The error
// names every entry that is wrong.
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
			wrong = append(wrong, fmt.Errorf("%q names no organization: write organization=domain or organization=address, "+
				"acme=in.acme.example for example", entry))
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

// domainOf gives the domain of an address as it is compared.
func domainOf(address string) string {
	address = emailaddr.Normalize(address)
	return address[strings.LastIndexByte(address, '@')+1:]
}

// Allow tells whether an organization may take mails in at an address. Subdomains of a domain are not in it, and an address
// that is named by itself is not its domain's.
func (d IntakeDomains) Allow(organization, address string) bool {
	if len(d.owners) == 0 {
		return true
	}
	owners, named := d.owners[emailaddr.Normalize(address)]
	if !named {
		owners = d.owners[domainOf(address)]
	}
	return slices.Contains(owners, organization)
}

// placesOf gives the domains and addresses placesOf an organization, sorted.
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

// RefusalMessage says why a workspace may not have the intake address that it wishes; empty: it may.
func (d IntakeDomains) RefusalMessage(w *v1alpha1.Workspace) string {
	address := IntakeOf(w)
	if address == "" || d.Allow(w.Namespace, address) {
		return ""
	}
	ask := fmt.Sprintf("ask the platform team for %s=%s in the operator's --intake-domains", w.Namespace, domainOf(address))
	places := d.placesOf(w.Namespace)
	if len(places) == 0 {
		return fmt.Sprintf("is not an address of organization %q, which has none to take mails in at: %s", w.Namespace, ask)
	}
	return fmt.Sprintf("is not an address of organization %q, which takes mails in at %s only: use one of these, or %s",
		w.Namespace, strings.Join(places, ", "), ask)
}
