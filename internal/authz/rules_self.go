// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// What people cannot do to themselves.
const (
	removeOneself  = "remove yourself from the organization"
	changeOwnRole  = "change your own role"
	suspendOneself = "suspend yourself"
)

// judgeSelf refuses what people cannot do to their own account, whatever their role: remove it, suspend it or change its role
// (ORG-24).
func judgeSelf(r Request) []Violation {
	if r.Actor.Kind != ActorPerson || r.object().GetName() != r.Actor.User {
		return nil
	}
	before, isUser := r.Old.(*v1alpha1.OrgUser)
	if !isUser || r.Operation == Create {
		return nil
	}
	if r.Operation == Delete {
		return []Violation{r.denySelf("", removeOneself)}
	}
	after, isUser := r.New.(*v1alpha1.OrgUser)
	if !isUser {
		return nil
	}
	var found []Violation
	if before.Spec.Role != after.Spec.Role {
		found = append(found, r.denySelf("spec.role", changeOwnRole))
	}
	if !before.Spec.Suspend && after.Spec.Suspend {
		found = append(found, r.denySelf("spec.suspend", suspendOneself))
	}
	if takesUnconfirmed(before, after) {
		found = append(found, r.denySelf("spec.email", "change your own address without confirming it, which spec.onboarding None does"))
	}
	return found
}

// takesUnconfirmed reports whether an update would put another address in force at once.
func takesUnconfirmed(before, after *v1alpha1.OrgUser) bool {
	same := emailaddr.Same(string(effective.EmailOf(before)), string(after.Spec.Email))
	changed := before.Spec.Email != after.Spec.Email || before.Spec.Onboarding != after.Spec.Onboarding
	return !same && changed && after.Spec.Onboarding == v1alpha1.OnboardingNone
}

func (r Request) denySelf(field, what string) Violation {
	could := managersOf(AreaUsers)
	switch o := r.Facts.Organization; {
	case PowerOf(r.Actor.Role, AreaUsers) == PowerManage:
		could = "another " + string(r.Actor.Role)
	case o != nil && !hasAdministrator(o):
		could = "the platform team"
	}
	return r.refuse(field, Forbidden, ruleNotOneself, "you cannot %s; %s can", what, could)
}
