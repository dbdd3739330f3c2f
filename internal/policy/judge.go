// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Operation is what a request does to an object.
type Operation string

const (
	// Create makes the object.
	Create Operation = "create"
	// Update changes it.
	Update Operation = "update"
	// Delete removes it.
	Delete Operation = "delete"
)

// Reason tells why something is refused.
type Reason string

const (
	// Forbidden is refused because of who asks.
	Forbidden Reason = "Forbidden"
	// Invalid is refused whoever asks.
	Invalid Reason = "Invalid"
)

// Violation is a rule broken by a request.
type Violation struct {
	// Field is the path of the field at fault; empty: the request as a whole.
	Field  string
	Reason Reason
	// Rule names the rule, for the audit log.
	Rule    string
	Message string
	// Value is the value at fault, for Invalid.
	Value string
}

// Request is a change that somebody asks for. Old is nil for Create; New is nil for Delete.
type Request struct {
	Operation    Operation
	Actor        Actor
	Organization string
	Old, New     metav1.Object
}

// object gives the object that the request leaves or removes.
func (r Request) object() metav1.Object {
	if r.Operation == Delete {
		return r.Old
	}
	return r.New
}

// Judge gives the rules that a request breaks; none: it may pass. Content is judged before authority only in order:
// all violations come at once.
func Judge(r Request) []Violation {
	var found []Violation
	if r.Operation != Delete {
		found = append(found, CheckContent(r.New)...)
	}
	return append(found, judgeActor(r)...)
}

func judgeActor(r Request) []Violation {
	switch r.Actor.Kind {
	case ActorPlatform:
		return nil
	case ActorPerson, ActorDelegate:
		return slices.Concat(judgeArea(r), judgeGrant(r), judgeInviter(r))
	default:
		return []Violation{{
			Reason: Forbidden,
			Rule:   "role-required",
			Message: fmt.Sprintf("user %q has no active account in organization %q: ask one of its organization "+
				"administrators for an invitation", r.Actor.Username, r.Organization),
		}}
	}
}

// judgeArea refuses who manages nothing of what the object is about.
func judgeArea(r Request) []Violation {
	areas, noun := areasOf(r)
	for _, area := range areas {
		if PowerOf(r.Actor.Role, area) >= PowerManageMembers {
			return nil
		}
	}
	return []Violation{{
		Reason: Forbidden,
		Rule:   "area-managed",
		Message: fmt.Sprintf("%s: only %s may %s %s", r.Actor.describe(r.Organization), managersOf(areas[0]),
			r.Operation, noun),
	}}
}

// areasOf gives the areas of which the actor must manage one, and the object's noun.
func areasOf(r Request) ([]Area, string) {
	switch r.object().(type) {
	case *v1alpha1.OrgUser:
		return []Area{AreaUsers}, "users"
	case *v1alpha1.Invitation:
		return []Area{AreaUsers}, "invitations"
	case *v1alpha1.Workspace:
		return []Area{AreaWorkspaces}, "workspaces"
	default:
		if r.Operation == Update {
			return []Area{AreaProfile, AreaBilling, AreaSubscription}, "the organization"
		}
		return []Area{AreaOrganization}, "the organization"
	}
}

// judgeGrant refuses a role that the actor may not give (ORG-9, ORG-12).
func judgeGrant(r Request) []Violation {
	before, after := grantedRole(r.Old), grantedRole(r.New)
	if r.Operation == Delete || after == "" || after == before || MayGrant(r.Actor.Role, after) {
		return nil
	}
	return []Violation{{
		Field:  "spec.role",
		Reason: Forbidden,
		Rule:   "role-grantable",
		Message: fmt.Sprintf("%s: only %s may set role %q", r.Actor.describe(r.Organization), grantersOf(after),
			after),
	}}
}

func grantedRole(object metav1.Object) v1alpha1.Role {
	switch o := object.(type) {
	case *v1alpha1.OrgUser:
		if o != nil {
			return o.Spec.Role
		}
	case *v1alpha1.Invitation:
		if o != nil {
			return o.Spec.Role
		}
	}
	return ""
}

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

// judgeInviter refuses who names somebody else as the inviter.
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
	return []Violation{{
		Field:  "spec.invitedBy",
		Reason: Forbidden,
		Rule:   "inviter-is-actor",
		Message: fmt.Sprintf("%s: only the platform's identities and delegates may name another inviter than %q",
			r.Actor.describe(r.Organization), expected),
	}}
}
