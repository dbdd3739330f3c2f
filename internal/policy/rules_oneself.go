// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Inviter gives who an Invitation is from when it names nobody: whoever acts is the inviter of a new one, and an update
// keeps the one there is. Who may name somebody else is judged, not mended.
func Inviter(actor Actor, old, wished *v1alpha1.Invitation) v1alpha1.Username {
	switch {
	case wished.Spec.InvitedBy != "":
		return wished.Spec.InvitedBy
	case old != nil:
		return old.Spec.InvitedBy
	default:
		return v1alpha1.Username(actor.Username)
	}
}

// InviterKindOf tells with whose authority somebody invites.
func InviterKindOf(actor Actor) v1alpha1.InviterKind {
	switch actor.Kind {
	case ActorPerson:
		return v1alpha1.InviterPerson
	case ActorDelegate:
		return v1alpha1.InviterDelegate
	default:
		return v1alpha1.InviterPlatform
	}
}

// InviterMayStill tells whether an Invitation may be accepted: its inviter may still give the role that it gives.
func InviterMayStill(i *v1alpha1.Invitation, inviter Actor) bool {
	return i.Status.InviterKind == v1alpha1.InviterPlatform || MayGrant(inviter.Role, i.Spec.Role)
}

// judgeInviter refuses a person who names somebody else as the inviter.
func judgeInviter(r Request) []Violation {
	wished, ok := r.New.(*v1alpha1.Invitation)
	if !ok || r.Operation == Delete || r.Actor.Kind != ActorPerson {
		return nil
	}
	expected := v1alpha1.Username(r.Actor.Username)
	if old, isUpdate := r.Old.(*v1alpha1.Invitation); isUpdate && r.Operation == Update {
		expected = old.Spec.InvitedBy
	}
	if wished.Spec.InvitedBy == expected {
		return nil
	}
	return []Violation{r.forbid("spec.invitedBy", "inviter-is-actor", "the platform's identities and delegates",
		"name another inviter than %q", expected)}
}

// judgeSelf refuses what nobody may do to their own account, whatever the role: remove it, suspend it or change its role (ORG-24).
func judgeSelf(r Request) []Violation {
	if r.Actor.Kind != ActorPerson || r.object().GetName() != r.Actor.User {
		return nil
	}
	before, isUser := r.Old.(*v1alpha1.OrgUser)
	if !isUser || r.Operation == Create {
		return nil
	}
	if r.Operation == Delete {
		return []Violation{r.self("", "remove himself from the organization")}
	}
	after, isUser := r.New.(*v1alpha1.OrgUser)
	if !isUser {
		return nil
	}
	var found []Violation
	if before.Spec.Role != after.Spec.Role {
		found = append(found, r.self("spec.role", "change his own role"))
	}
	if !before.Spec.Suspend && after.Spec.Suspend {
		found = append(found, r.self("spec.suspend", "suspend himself"))
	}
	return found
}

func (r Request) self(field, what string) Violation {
	return Violation{
		Field: field, Reason: Forbidden, Rule: "not-oneself",
		Message: fmt.Sprintf("%s: nobody may %s; %s other than %q can", r.Actor.describe(r.Organization), what,
			managersOf(AreaUsers), r.Actor.Username),
	}
}
