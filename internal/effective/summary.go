// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// maxSummarized is how many workspaces a summary names.
const maxSummarized = 3

// SummaryOf names the first of a person's workspaces in force, as in "sales (View), support (Edit), +3". A printer column shows only the
// first entry of a list, so the list needs a text.
func SummaryOf(grants []v1alpha1.WorkspaceGrantStatus) string {
	var words []string
	for n, grant := range grants {
		if n == maxSummarized {
			words = append(words, fmt.Sprintf("+%d", len(grants)-n))
			break
		}
		words = append(words, fmt.Sprintf("%s (%s)", grant.Name, grant.Access))
	}
	return strings.Join(words, ", ")
}
