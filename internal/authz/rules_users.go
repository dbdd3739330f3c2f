// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// judgeUser judges what an actor does to a user. Actors who manage Members only may grant the role Member, delete Members,
// and set the workspaces of every user (ORG-9 to ORG-12). Modules take the power over the subscription as well.
func judgeUser(r Request) []Violation {
	switch PowerOf(r.Actor.Role, AreaUsers) {
	case PowerManage:
		return judgeModules(r)
	case PowerManageMembers:
		return append(judgeMember(r), judgeDelegates(r)...)
	default:
		return judgeArea(r, AreaUsers, "users")
	}
}

func judgeMember(r Request) []Violation {
	before, _ := r.Old.(*v1alpha1.OrgUser)
	after, _ := r.New.(*v1alpha1.OrgUser)
	switch {
	case r.Operation == Create:
		return append(judgeGrant(r, after.Spec.Role), judgeModules(r)...)
	case r.Operation == Delete && !isMember(before):
		return []Violation{r.deny("", "members-only", managersOf(AreaUsers), "delete a user with the role %q", ProtectedRole(before))}
	case r.Operation == Update:
		return judgeMemberUpdate(r, before, after)
	}
	return nil
}

func judgeMemberUpdate(r Request, before, after *v1alpha1.OrgUser) []Violation {
	var found []Violation
	if !isMember(before) && !slices.Equal(before.Finalizers, after.Finalizers) {
		found = append(found, r.deny("metadata.finalizers", "members-only", managersOf(AreaUsers),
			"change finalizers of a user with the role %q", ProtectedRole(before)))
	}
	const resend = v1alpha1.AnnotationResend
	if !isMember(before) && before.Annotations[resend] != after.Annotations[resend] {
		found = append(found, r.deny("metadata.annotations["+resend+"]", "members-only", managersOf(AreaUsers),
			"invite a user with the role %q again", ProtectedRole(before)))
	}
	for _, field := range r.changed() {
		switch {
		case field == "spec.role":
			found = append(found, r.deny(field, "role-frozen", managersOf(AreaUsers), "set role %q", after.Spec.Role))
		case field == "spec.modules" && isMember(before):
			found = append(found, judgeModules(r)...)
		case slices.Contains([]string{"spec.email", "spec.username"}, field) && isMember(before):
			found = append(found, judgeModuleHolder(r, field, before, after)...)
		case field == "spec.groups" && isMember(before):
			found = append(found, judgeGivingGroups(r, before, after)...)
		case field == "spec.workspaces" || isMember(before):
		default:
			found = append(found, r.deny(field, "members-only", managersOf(AreaUsers),
				"change %s of a user with the role %q", strings.TrimPrefix(field, "spec."), ProtectedRole(before)))
		}
	}
	return found
}

// isMember reports whether a user is a Member, both as requested and in force.
func isMember(u *v1alpha1.OrgUser) bool { return ProtectedRole(u) == v1alpha1.RoleMember }

// ProtectedRole returns the role that protects a user from actors who manage Members only: the role in force if it is above
// Member, else the requested one.
func ProtectedRole(u *v1alpha1.OrgUser) v1alpha1.Role {
	if u.Status.Role != "" && u.Status.Role != v1alpha1.RoleMember {
		return u.Status.Role
	}
	return effective.RequestedRole(u)
}

// judgeInvitation judges an Invitation by the role that it grants, both before and after the change.
func judgeInvitation(r Request) []Violation {
	if found := judgeArea(r, AreaUsers, "invitations"); len(found) > 0 {
		return found
	}
	before, _ := r.Old.(*v1alpha1.Invitation)
	after, _ := r.New.(*v1alpha1.Invitation)
	if before != nil && !mayGrant(r.Actor.Role, before.Spec.Role) {
		return []Violation{r.deny("", "members-only", grantersOf(before.Spec.Role), "%s an invitation with the role %q",
			r.Operation, before.Spec.Role)}
	}
	if after != nil {
		return slices.Concat(judgeGrant(r, after.Spec.Role), judgeInvitationModules(r), judgeDelegates(r))
	}
	return nil
}

// judgeGrant refuses a role that the actor may not grant (ORG-9, ORG-12).
func judgeGrant(r Request, granted v1alpha1.Role) []Violation {
	if mayGrant(r.Actor.Role, granted) {
		return nil
	}
	return []Violation{r.deny("spec.role", "role-grantable", grantersOf(granted), "set role %q", granted)}
}
