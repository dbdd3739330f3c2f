// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// maxMemberFaults is how many faults among a workspace's members are told at once: there may be 10,000 members.
const maxMemberFaults = 10

// checkMembers checks what the API server does not: it would check each of thousands of entries again at every write, of
// the status as well.
func checkMembers(members []v1alpha1.WorkspaceMember) []Violation {
	var found []Violation
	for n, m := range members {
		if len(found) == maxMemberFaults {
			break
		}
		if (m.Email == "") == (m.Group == "") {
			found = append(found, invalid(fmt.Sprintf("spec.members[%d]", n), "member-named-once", "",
				"exactly one of email and group must be set"))
		} else if fault := addressFault(string(m.Email)); m.Email != "" && fault != "" {
			found = append(found, invalid(fmt.Sprintf("spec.members[%d].email", n), "address-well-formed", string(m.Email), fault))
		}
	}
	return found
}

// addressFault says what is wrong with an address as the API says it of an EmailAddress; empty: nothing is.
func addressFault(address string) string {
	if emailaddr.Valid(address) {
		return ""
	}
	_, domain, _ := strings.Cut(address, "@")
	switch {
	case strings.Contains(domain, "@"):
		return "must be one e-mail address, such as ana@acme.example, with one @"
	case domain != "" && !strings.Contains(domain, "."):
		return "must be an e-mail address such as ana@acme.example: after the @ a domain of two or more labels"
	case emailaddr.WellFormed(address):
		return "is not an e-mail address such as ana@acme.example: the domain is none that DNS can hold"
	default:
		return "must be a bare e-mail address such as ana@acme.example"
	}
}
