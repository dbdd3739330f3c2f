// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import "github.com/usher-operator/usher/api/v1alpha1"

// DefaultInviter gives who an Invitation is from when it names nobody: whoever acts is the inviter of a new one, and an update
// keeps the one there is. Who may name somebody else is judged, not mended.
func DefaultInviter(actor Actor, old, wished *v1alpha1.Invitation) v1alpha1.Username {
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

// InviterAuthorized tells whether an Invitation may be accepted: its inviter may still give the role that it gives.
func InviterAuthorized(i *v1alpha1.Invitation, inviter Actor) bool {
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
	return []Violation{r.deny("spec.invitedBy", "inviter-is-actor", "the platform's identities and delegates",
		"name another inviter than %q", expected)}
}
