// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// judgeInvariants says early what the reconcilers would hold back: the last administrator (ORG-4), an organization whose
// deletion is protected, a ClusterRole that is not grantable (GTA-10), somebody without the workspace that is required
// (GTA-5). They bind everybody.
func judgeInvariants(r Request) []Violation {
	return slices.Concat(judgeEnds(r), judgeGrantable(r), judgeAssignment(r))
}

// judgeEnds refuses to let the last administrator go, and an organization that is protected.
func judgeEnds(r Request) []Violation {
	switch o := r.Old.(type) {
	case *v1alpha1.OrgUser:
		return judgeLastAdministrator(r, o)
	case *v1alpha1.Organization:
		if r.Operation == Delete && o.Spec.DeletionProtection == v1alpha1.SwitchEnabled {
			return []Violation{{
				Field: "spec.deletionProtection", Reason: Invalid, Rule: "deletion-protected",
				Value: string(o.Spec.DeletionProtection),
				Message: fmt.Sprintf("%s and may not delete it, for organization %q is protected against deletion: an "+
					"OrganizationAdmin must set spec.deletionProtection to Disabled first",
					r.Actor.describe(r.Organization), r.Organization),
			}}
		}
	}
	return nil
}

// RuleLastAdministrator names the rule that an organization keeps its last administrator (ORG-4).
const RuleLastAdministrator = "last-administrator"

func judgeLastAdministrator(r Request, before *v1alpha1.OrgUser) []Violation {
	o := r.Facts.Organization
	if r.Operation == Create || o == nil || !o.DeletionTimestamp.IsZero() || r.Facts.OtherAdministrator ||
		!slices.Contains(o.Status.Administrators, before.Name) || !effective.CandidateOf(before).Requested {
		return nil
	}
	field, what := "metadata.deletionTimestamp", "delete"
	if after, ok := r.New.(*v1alpha1.OrgUser); ok && r.Operation == Update {
		if effective.CandidateOf(after).Requested {
			return nil
		}
		field, what = "spec.role", "take the role from"
		if after.Spec.Suspend {
			field, what = "spec.suspend", "suspend"
		}
	}
	return []Violation{{
		Field: field, Reason: Invalid, Rule: RuleLastAdministrator,
		Message: fmt.Sprintf("%s and may not %s %q, who is the last administrator in force of organization %q: make "+
			"somebody else OrganizationAdmin first", r.Actor.describe(r.Organization), what, before.Name, r.Organization),
	}}
}
