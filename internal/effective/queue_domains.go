// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// QueueDomains say at which addresses a workspace may have its queue without asking the owner.
type QueueDomains struct {
	// all is true if every address is allowed.
	all bool
	// owners maps a domain or an address, both in their normal form, to the organizations that may use it; "" stands for all. A domain
	// that begins with a dot stands for its subdomains.
	owners map[string][]string
}

// ParseQueueDomains reads entries such as "acme.example", "*.acme.example" (its subdomains), "desk@acme.example", each of which may begin
// with the name of the only organization that it holds for, as in "acme=acme.example", or "*" for every address. The error names every
// entry that is wrong.
func ParseQueueDomains(entries []string) (QueueDomains, error) {
	d := QueueDomains{owners: map[string][]string{}}
	var wrong []error
	for _, entry := range entries {
		if entry == "*" {
			d.all = true
			continue
		}
		organization, place, found := strings.Cut(entry, "=")
		if !found {
			organization, place = "", entry
		}
		key, valid := queuePlace(place)
		switch {
		case found && len(validation.IsDNS1123Label(organization)) > 0:
			wrong = append(wrong, fmt.Errorf("%q does not name an organization: write organization=domain, for example acme=acme.example",
				entry))
		case !valid:
			wrong = append(wrong, fmt.Errorf("%q names neither a mail domain such as acme.example or *.acme.example nor an address such "+
				"as desk@acme.example", entry))
		case !slices.Contains(d.owners[key], organization):
			d.owners[key] = append(d.owners[key], organization)
		}
	}
	return d, errors.Join(wrong...)
}

// queuePlace returns the key of a domain, of the subdomains of one, or of an address; false: it is none of them.
func queuePlace(place string) (string, bool) {
	if strings.Contains(place, "@") {
		return emailaddr.Normalize(place), emailaddr.Valid(place)
	}
	if parent, below := strings.CutPrefix(place, "*."); below {
		sample := "x@x." + parent
		return strings.TrimPrefix(domainOf(sample), "x"), emailaddr.Valid(sample)
	}
	return domainOf("x@" + place), emailaddr.Valid("x@" + place)
}

// allow reports whether a workspace of an organization may have its queue at an address without asking the owner.
func (d QueueDomains) allow(organization, address string) bool {
	domain := domainOf(address)
	places := []string{emailaddr.Normalize(address), domain}
	for n := range domain {
		if domain[n] == '.' {
			places = append(places, domain[n:])
		}
	}
	return d.all || slices.ContainsFunc(places, func(place string) bool {
		return slices.Contains(d.owners[place], "") || slices.Contains(d.owners[place], organization)
	})
}
