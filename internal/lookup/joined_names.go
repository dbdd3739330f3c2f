// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// joinedNameWarnings says whom the Invitation invites where a name contains a comma that was not in quotes (NOV-3). It is usually
// "Last, First" as mail programs write it, but may be an address that was not finished.
func joinedNameWarnings(i *v1alpha1.Invitation) []string {
	people, _ := emailaddr.ParseList(i.Spec.Emails) // malformed entries are refused as such
	var warnings []string
	for _, person := range people {
		if !person.Joined {
			continue
		}
		if len(warnings) == maxWarnings {
			return append(warnings, andMore)
		}
		warnings = append(warnings, fmt.Sprintf("spec.emails: %q is understood as the name of %s", person.Name, person.Email))
	}
	return warnings
}
