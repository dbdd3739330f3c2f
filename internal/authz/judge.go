// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Judge returns the rules that a request breaks. None means that the request is allowed. A rule is left out if what it advises would be
// refused by another one.
func Judge(r Request) []Violation { return withoutFutileAdvice(r, judge(r)) }

func judge(r Request) []Violation {
	switch r.Actor.Kind {
	case ActorOperator, ActorCleaner:
		return nil
	case ActorPlatform:
		if r.Status {
			return judgeRestoredStatus(r)
		}
		return slices.Concat(judgeContent(r), judgeFinalizer(r), judgeInvariants(r))
	case ActorPerson, ActorDelegate:
		return slices.Concat(judgeContent(r), judgeProtected(r), judgeKept(r), judgeAuthority(r), judgeSelf(r), judgeInvariants(r))
	case ActorDirectory:
		return slices.Concat(judgeContent(r), judgeDirectory(r), judgeDelegates(r), judgeEnds(r))
	default:
		return append(judgeContent(r), r.denyNoRole())
	}
}

// judgeContent checks the object itself. An object that is being deleted, or whose spec does not change, need not be
// corrected first, but must not grow beyond what leaves room for its status.
func judgeContent(r Request) []Violation {
	if r.Operation == Delete || r.Status {
		return nil
	}
	found := append(judgeSize(r), judgeResend(r)...)
	if r.Operation == Update && len(r.changed()) == 0 {
		return found
	}
	return slices.Concat(found, CheckContent(r.New), judgeNamespace(r), judgeIntake(r), judgeQueueLoop(r), judgeSerials(r),
		judgeIdentityGroup(r), judgeGroupTitle(r), judgeDirectoryRoles(r), judgeIssuer(r))
}

// judgeAuthority applies the role table.
func judgeAuthority(r Request) []Violation {
	switch r.object().(type) {
	case *v1alpha1.Organization:
		return append(judgeOrganization(r), judgeReport(r)...)
	case *v1alpha1.OrgUser:
		return append(judgeUser(r), judgeUserInviter(r)...)
	case *v1alpha1.Invitation:
		return slices.Concat(judgeInvitation(r), judgeInviter(r), judgeInviterKind(r))
	case *v1alpha1.OrgGroup:
		return judgeGroup(r)
	default:
		return append(judgeArea(r, AreaWorkspaces, "workspaces"), judgeDelegateNamespace(r)...)
	}
}

// judgeArea refuses actors who manage nothing in an area.
func judgeArea(r Request, area Area, noun string) []Violation {
	if PowerOf(r.Actor.Role, area) >= PowerManageMembers {
		return nil
	}
	return []Violation{r.deny("", "area-managed", managersOf(area), "%s %s", r.Operation, noun)}
}
