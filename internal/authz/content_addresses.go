// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

const notInDNS = "is not an email address such as ana@acme.example: its domain is not valid in DNS"

// checkAddress refuses what the API's schema lets through: an internationalized domain that is not valid in DNS.
func checkAddress(field string, email v1alpha1.EmailAddress) []Violation {
	if email == "" || emailaddr.Valid(string(email)) {
		return nil
	}
	return []Violation{invalid(field, "address-well-formed", string(email), notInDNS)}
}

// addressFault says what is wrong with an address, in the words that the API uses for an EmailAddress. Empty means that the
// address is valid.
func addressFault(address string) string {
	if emailaddr.Valid(address) {
		return ""
	}
	_, domain, _ := strings.Cut(address, "@")
	switch {
	case strings.Contains(domain, "@"):
		return "must be one email address, such as ana@acme.example, with one @"
	case domain != "" && !strings.Contains(domain, "."):
		return "must be an email address such as ana@acme.example: the @ must be followed by a domain of at least two labels"
	case emailaddr.WellFormed(address):
		return notInDNS
	default:
		return "must be a bare email address such as ana@acme.example"
	}
}

// checkInvitee refuses another address for the pending user of an Invitation: the Invitation says who is invited.
func checkInvitee(u *v1alpha1.OrgUser) []Violation {
	if !effective.ChangesEmail(u) || !effective.AwaitsInvitee(u) {
		return nil
	}
	return []Violation{invalid("spec.email", "invited-address", string(u.Spec.Email), fmt.Sprintf(
		"cannot be changed before the person accepts, because the Invitation %q invites %s: remove that address from spec.emails there, "+
			"and name the other one", u.Labels[v1alpha1.LabelInvitation], effective.EmailOf(u)))}
}
