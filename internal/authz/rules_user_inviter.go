// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// judgeUserInviter refuses a person who declares a user and has the mail sent in somebody else's name. Nobody may change what somebody else
// says either: until the person has accepted, whoever changes who is invited, to what, or the message, takes over as the inviter or has the
// organization invite. Delegates declare in Git who invites.
func judgeUserInviter(r Request) []Violation {
	after, isUser := r.New.(*v1alpha1.OrgUser)
	if !isUser || r.Operation == Delete || r.Actor.Kind != ActorPerson || PowerOf(r.Actor.Role, AreaUsers) < PowerManageMembers ||
		after.Spec.InvitedBy == "" || r.invitesAsActor(after.Spec.InvitedBy) {
		return nil
	}
	const field, rule, could = "spec.invitedBy", "inviter-is-actor", "platform identities and delegates"
	before, isUpdate := r.Old.(*v1alpha1.OrgUser)
	switch {
	case !isUpdate || r.Operation == Create || before.Spec.InvitedBy != after.Spec.InvitedBy:
		return []Violation{r.deny(field, rule, could, "name an inviter other than %q", r.Actor.Username)}
	case !effective.IsAccepted(before) && slices.ContainsFunc(r.changed(), saysInvitation):
		return []Violation{r.deny(field, rule, could,
			"change an invitation in the name of %q; name yourself in spec.invitedBy, or leave it out", after.Spec.InvitedBy)}
	default:
		return nil
	}
}

// saysInvitation reports whether a field decides who is invited, to what, or what the mail says.
func saysInvitation(field string) bool {
	return slices.Contains([]string{
		"spec.email", "spec.role", "spec.access", "spec.workspaces", "spec.groups", "spec.modules", "spec.onboarding", "spec.message",
	}, field)
}

// invitesAsActor reports whether an inviter's name is the actor's, by the user name or the address in it.
func (r Request) invitesAsActor(inviter v1alpha1.Username) bool {
	own, isAddress := r.Facts.Usernames.AddressIn(r.Actor.Username)
	named, isNamed := r.Facts.Usernames.AddressIn(string(inviter))
	return string(inviter) == r.Actor.Username || isAddress && isNamed && emailaddr.Same(own, named)
}
