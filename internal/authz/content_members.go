// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"cmp"
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// maxListFaults is how many faults of one list are reported at once: there may be 10,000 members, and 1,000 devices.
const maxListFaults = 10

// few returns the first faults of a list.
func few(found []Violation) []Violation { return found[:min(len(found), maxListFaults)] }

// checkMembers checks what the API's schema leaves out on purpose: the API server would check each of thousands of entries
// again at every write, including writes to the status.
func checkMembers(members []v1alpha1.WorkspaceMember) []Violation {
	var found []Violation
	places := make(map[effective.MemberKey]int, len(members))
	for n, m := range members {
		if len(found) == maxListFaults {
			break
		}
		if (m.Email == "") == (m.Group == "") {
			found = append(found, invalid(fmt.Sprintf("spec.members[%d]", n), "member-named-once", "",
				"exactly one of email and group must be set"))
		} else if fault := addressFault(string(m.Email)); m.Email != "" && fault != "" {
			found = append(found, invalid(fmt.Sprintf("spec.members[%d].email", n), "address-well-formed", string(m.Email), fault))
		} else if place, listed := places[effective.KeyOfMember(m)]; listed {
			found = append(found, invalid(fmt.Sprintf("spec.members[%d]", n), "member-listed-once",
				cmp.Or(string(m.Email), string(m.Group)), fmt.Sprintf("is already listed as spec.members[%d]: keep the entry with the "+
					"access that is meant, and remove the other", place)))
		} else {
			places[effective.KeyOfMember(m)] = n
		}
	}
	return found
}
