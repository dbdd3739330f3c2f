// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
			return []Violation{r.denyDeletion()}
		}
	}
	return nil
}

// RuleLastAdministrator is the rule that an organization keeps its last administrator (ORG-4).
const RuleLastAdministrator = "last-administrator"

// CauseLastAdministrator is the type of the cause by which programs recognize a refusal of that rule.
const CauseLastAdministrator metav1.CauseType = "LastAdministrator"

func judgeLastAdministrator(r Request, before *v1alpha1.OrgUser) []Violation {
	o := r.Facts.Organization
	if r.Operation == Create || o == nil || !o.DeletionTimestamp.IsZero() || r.Facts.OtherAdministrator ||
		!slices.Contains(o.Status.Administrators, before.Name) || !effective.CandidateOf(before).Requested {
		return nil
	}
	if r.Operation == Delete && r.Facts.Succession.Possible() {
		return nil
	}
	field, what := "spec.role", "deleted"
	if after, ok := r.New.(*v1alpha1.OrgUser); ok && r.Operation == Update {
		if effective.CandidateOf(after).Requested {
			return nil
		}
		field, what = "spec.role", "demoted"
		if after.Spec.Suspend {
			field, what = "spec.suspend", "suspended"
		}
	}
	return []Violation{r.denyLastAdministrator(field, what, before)}
}

// ownDeed says what somebody does to themselves who is deleted, demoted or suspended.
var ownDeed = map[string]string{
	"deleted": removeOneself, "demoted": changeOwnRole, "suspended": suspendOneself,
}

// denyLastAdministrator refuses to delete, demote or suspend the last administrator. It says what has to be done first, and who does it.
func (r Request) denyLastAdministrator(field, what string, before *v1alpha1.OrgUser) Violation {
	switch {
	case r.Actor.Kind == ActorPerson && r.Actor.User == before.Name:
		return r.refuse(field, Invalid, RuleLastAdministrator, "%q is its last administrator in force, and you cannot %s; make somebody "+
			"else OrganizationAdmin first, who can do it then", before.Name, ownDeed[what])
	case r.Actor.Kind != ActorPlatform && PowerOf(r.Actor.Role, AreaUsers) != PowerManage:
		return r.refuse(field, Invalid, RuleLastAdministrator, "%q is its last administrator in force and cannot be %s; only another "+
			"OrganizationAdmin could do that, and %q would have to make somebody else one first", before.Name, what, before.Name)
	default:
		return r.refuse(field, Invalid, RuleLastAdministrator, "%q is its last administrator in force and cannot be %s; make somebody "+
			"else OrganizationAdmin first%s", before.Name, what, renamingAdvice(r, before))
	}
}

// denyDeletion refuses to delete a protected organization, and says who has to end the protection.
func (r Request) denyDeletion() Violation {
	const field = "spec.deletionProtection"
	if r.Actor.Kind == ActorPlatform || PowerOf(r.Actor.Role, AreaOrganization) == PowerManage {
		return r.refuse(field, Invalid, "deletion-protected", "the organization is protected against deletion; set "+
			"spec.deletionProtection to Disabled first")
	}
	return r.refuse(field, Invalid, "deletion-protected", "the organization is protected against deletion; an OrganizationAdmin must set "+
		"spec.deletionProtection to Disabled first")
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
