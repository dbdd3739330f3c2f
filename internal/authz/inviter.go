// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// DefaultInviter returns who invites after a request that creates or updates an Invitation. A new one that names nobody is the
// actor's. Whoever changes what it grants, or to whom, answers for it: a person becomes its inviter, and so does a delegate who names
// nobody else. Whoever names themselves takes it over. Any other update that names nobody keeps the present inviter.
//
// Another inviter who is named is not replaced; whether the actor may name them is for judgeInviter. Applied says that the actor
// declares spec.invitedBy by server-side apply: a delegate names the inviter then, even if it is the present one, so what Git declares
// stays. An Invitation that the platform restores keeps its inviter. The inviter is empty if the actor's name cannot be an inviter's,
// such as system:admin: then the organization invites.
func DefaultInviter(actor Actor, old, requested *v1alpha1.Invitation, applied bool) v1alpha1.Username {
	named := requested.Spec.InvitedBy
	switch {
	case restoresInviter(actor, old, requested):
		return named
	case old == nil && named == "":
		return inviterName(actor)
	case old == nil, named != "" && named != old.Spec.InvitedBy:
		return named
	case answersFor(actor, old, requested) && (actor.Kind == ActorPerson || named == "" || !applied):
		return inviterName(actor)
	default:
		return old.Spec.InvitedBy
	}
}

// answersFor reports whether the actor of an update answers for what the Invitation grants from now on: because they change that, or
// because they take the Invitation over. Platform identities do not: what they change stays the inviter's.
func answersFor(actor Actor, old, requested *v1alpha1.Invitation) bool {
	return (actor.Kind == ActorPerson || actor.Kind == ActorDelegate) && (changesGrant(old, requested) || takesOver(actor, old, requested))
}

// takesOver reports whether the actor of an update names themselves as the inviter, in place of somebody else or nobody.
func takesOver(actor Actor, old, requested *v1alpha1.Invitation) bool {
	name := inviterName(actor)
	return name != "" && requested.Spec.InvitedBy == name && changesInviter(old, requested)
}

func changesInviter(old, requested *v1alpha1.Invitation) bool {
	return old.Spec.InvitedBy != requested.Spec.InvitedBy
}

// maxUsername is the maximum length of a v1alpha1.Username, in characters.
const maxUsername = 384

var (
	serviceAccount = regexp.MustCompile(`^system:serviceaccount:[a-z0-9]([-a-z0-9]*[a-z0-9])?:[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`)
	notInUsernames = regexp.MustCompile(`[\s\pZ\pC]`)
)

// inviterName returns an actor's user name if the API accepts it as a v1alpha1.Username, else nothing. Kubernetes accepts any.
func inviterName(actor Actor) v1alpha1.Username {
	name := actor.Username
	reserved := strings.HasPrefix(name, "system:") && !serviceAccount.MatchString(name)
	if reserved || notInUsernames.MatchString(name) || utf8.RuneCountInString(name) > maxUsername {
		return ""
	}
	return v1alpha1.Username(name)
}

// InviterKindOf returns the kind of authority that somebody has as an inviter. It is empty for those who have none.
func InviterKindOf(inviter Actor) v1alpha1.InviterKind {
	switch inviter.Kind {
	case ActorPerson:
		return v1alpha1.InviterPerson
	case ActorDelegate:
		return v1alpha1.InviterDelegate
	case ActorPlatform, ActorOperator, ActorCleaner:
		return v1alpha1.InviterPlatform
	default:
		return ""
	}
}

// AdmittedInviterKind returns the kind of authority that admission records for an Invitation whose inviter DefaultInviter has filled
// in. Named is who the inviter is in the organization. An update that changes neither the inviter nor what they answer for keeps the
// kind.
//
// Whoever names nobody but themselves invites with their own authority. If somebody else is named, it is theirs; if they are
// unknown, a delegate's Invitation waits for them, because only the platform may answer for whom it does not know.
func AdmittedInviterKind(actor, named Actor, old, requested *v1alpha1.Invitation) v1alpha1.InviterKind {
	switch {
	case restoresInviter(actor, old, requested):
		return v1alpha1.InviterKind(requested.Annotations[v1alpha1.AnnotationInviterKind])
	case old != nil && old.Spec.InvitedBy == requested.Spec.InvitedBy && !answersFor(actor, old, requested):
		return v1alpha1.InviterKind(old.Annotations[v1alpha1.AnnotationInviterKind])
	case requested.Spec.InvitedBy == inviterName(actor):
		return InviterKindOf(actor)
	case InviterKindOf(named) != "":
		return InviterKindOf(named)
	case actor.Kind == ActorPlatform:
		return v1alpha1.InviterPlatform
	default:
		return v1alpha1.InviterPerson
	}
}

// RecordedInviterKind returns the kind of authority that was recorded at admission, else the one in the status, which was recorded
// before admission did. It is empty if an Invitation that bypassed admission has not been reconciled.
func RecordedInviterKind(i *v1alpha1.Invitation) v1alpha1.InviterKind {
	switch kind := v1alpha1.InviterKind(i.Annotations[v1alpha1.AnnotationInviterKind]); kind {
	case v1alpha1.InviterPerson, v1alpha1.InviterDelegate, v1alpha1.InviterPlatform:
		return kind
	default:
		return i.Status.InviterKind
	}
}

// InviterAuthorized reports whether an Invitation may be accepted: its inviter, as in force now, may still grant its role and give its
// modules. Only an Invitation that is recorded as the platform's needs no such inviter.
func InviterAuthorized(i *v1alpha1.Invitation, inviter Actor) bool {
	if RecordedInviterKind(i) == v1alpha1.InviterPlatform {
		return true
	}
	return MayInvite(inviter.Role, i)
}

// MayInvite reports whether a role allows to answer for an Invitation: to grant its role, and to give its modules if it has some.
func MayInvite(role v1alpha1.Role, i *v1alpha1.Invitation) bool {
	return mayGrant(role, i.Spec.Role) && (len(i.Spec.Modules) == 0 || managesModules(role))
}

// judgeInviterKind refuses people and delegates who record the platform's authority, or remove what is recorded, past the webhook
// that records it.
func judgeInviterKind(r Request) []Violation {
	const key = v1alpha1.AnnotationInviterKind
	i, ok := r.New.(*v1alpha1.Invitation)
	if !ok || r.Operation == Delete {
		return nil
	}
	before, after := "", i.Annotations[key]
	if r.Operation == Update {
		before = r.Old.GetAnnotations()[key]
	}
	if after == before && !keepsPlatform(r, i) || after == string(v1alpha1.InviterPerson) || after == string(v1alpha1.InviterDelegate) {
		return nil
	}
	return []Violation{r.denyProtected("metadata.annotations[" + key + "]")}
}

// keepsPlatform reports whether an update by somebody who answers for it, or names another inviter, leaves the platform's authority
// recorded.
func keepsPlatform(r Request, i *v1alpha1.Invitation) bool {
	old, isUpdate := r.Old.(*v1alpha1.Invitation)
	return isUpdate && RecordedInviterKind(i) == v1alpha1.InviterPlatform && (answersFor(r.Actor, old, i) || changesInviter(old, i))
}

// changesGrant reports whether an update changes what an Invitation grants, to whom, or what the people read, or sends it again.
// Everything in the spec counts but the inviter and the language.
func changesGrant(before, after *v1alpha1.Invitation) bool {
	b, a := before.Spec, after.Spec
	b.InvitedBy, a.InvitedBy, b.Language, a.Language = "", "", "", ""
	const resend = v1alpha1.AnnotationResend
	return !equality.Semantic.DeepEqual(b, a) || before.Annotations[resend] != after.Annotations[resend]
}

// judgeInviter refuses a person who names somebody else as the inviter, or changes what somebody else answers for in their name. Everybody
// who may give what an Invitation gives may name themselves, and takes it over.
func judgeInviter(r Request) []Violation {
	i, ok := r.New.(*v1alpha1.Invitation)
	if !ok || r.Operation == Delete || r.Actor.Kind != ActorPerson {
		return nil
	}
	expected, advice := v1alpha1.Username(r.Actor.Username), ""
	if old, isUpdate := r.Old.(*v1alpha1.Invitation); isUpdate && r.Operation == Update && !answersFor(r.Actor, old, i) {
		expected = old.Spec.InvitedBy
		if MayInvite(r.Actor.Role, old) && MayInvite(r.Actor.Role, i) && r.Actor.Username != string(expected) {
			advice = fmt.Sprintf("; to take the Invitation over, name yourself: %q", r.Actor.Username)
		}
	}
	if i.Spec.InvitedBy == expected {
		return nil
	}
	return []Violation{r.deny("spec.invitedBy", "inviter-is-actor", "platform identities and delegates",
		"name an inviter other than %q%s", expected, advice)}
}
