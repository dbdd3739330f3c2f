// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// judgeInvariants refuses early what the reconcilers would not put in force: the removal of the last administrator (ORG-4),
// the deletion of a protected organization, a ClusterRole that is not grantable (GTA-10), and a person without the workspace
// that the organization requires (GTA-5). Invariants bind everybody.
func judgeInvariants(r Request) []Violation {
	return slices.Concat(judgeEnds(r), judgeGrantable(r), judgeAssignment(r))
}

// judgeEnds refuses the removal of the last administrator and the deletion of a protected organization.
func judgeEnds(r Request) []Violation {
	switch o := r.Old.(type) {
	case *v1alpha1.OrgUser:
		return judgeLastAdministrator(r, o)
	case *v1alpha1.Organization:
		if r.Operation == Delete && o.Spec.DeletionProtection == v1alpha1.SwitchEnabled {
			return []Violation{r.refuse("spec.deletionProtection", Invalid, "deletion-protected",
				"the organization is protected against deletion; an OrganizationAdmin must set spec.deletionProtection to Disabled first")}
		}
	}
	return nil
}

// RuleLastAdministrator is the rule that an organization keeps its last administrator (ORG-4).
const RuleLastAdministrator = "last-administrator"

func judgeLastAdministrator(r Request, before *v1alpha1.OrgUser) []Violation {
	o := r.Facts.Organization
	if r.Operation == Create || o == nil || !o.DeletionTimestamp.IsZero() || r.Facts.OtherAdministrator ||
		!slices.Contains(o.Status.Administrators, before.Name) || !effective.CandidateOf(before).Requested {
		return nil
	}
	if r.Operation == Delete && r.Facts.Succession.Possible() {
		return nil
	}
	field, what := "metadata.deletionTimestamp", "deleted"
	if after, ok := r.New.(*v1alpha1.OrgUser); ok && r.Operation == Update {
		if effective.CandidateOf(after).Requested {
			return nil
		}
		field, what = "spec.role", "demoted"
		if after.Spec.Suspend {
			field, what = "spec.suspend", "suspended"
		}
	}
	return []Violation{r.refuse(field, Invalid, RuleLastAdministrator,
		"%q is its last administrator in force and cannot be %s; make somebody else OrganizationAdmin first%s", before.Name, what,
		renamingAdvice(r, before))}
}

// renamingAdvice says how the object of the last administrator is renamed, if the request deletes it: whoever deletes an administrator
// who is declared in Git is likely to have renamed them.
func renamingAdvice(r Request, before *v1alpha1.OrgUser) string {
	switch s := r.Facts.Succession; {
	case r.Operation != Delete:
		return ""
	case s.User != "":
		return fmt.Sprintf(". OrgUser %q has the same address and takes over when %q is deleted, once you %s",
			s.User, before.Name, s.Obstacle)
	default:
		return ". To rename the OrgUser, create one with the new name, the same spec.email, the same role and spec.onboarding None, and " +
			"delete this one after that (in Argo CD, with the sync option PruneLast=true)"
	}
}
