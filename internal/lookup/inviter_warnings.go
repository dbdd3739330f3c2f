// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// InviterWarnings returns a sentence for each inviter whose open Invitations nobody can accept once a request is in force, with the
// command that takes them over. For an Invitation it says why its inviter has no authority now. The cost is bounded, however many people
// and Invitations the organization has.
func (r Reader) InviterWarnings(ctx context.Context, q authz.Request) ([]string, error) {
	if o := q.Facts.Organization; o == nil || !o.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	switch before := q.Old.(type) {
	case *v1alpha1.OrgUser:
		after, _ := q.New.(*v1alpha1.OrgUser)
		warnings, err := r.personWarnings(ctx, q, before, after)
		if err != nil || after == nil {
			return warnings, err
		}
		inherited, err := r.heirWarnings(ctx, q, before, after)
		return append(warnings, inherited...), err
	case *v1alpha1.Organization:
		after, _ := q.New.(*v1alpha1.Organization)
		return r.delegateWarnings(ctx, q, before, after)
	}
	switch created := q.New.(type) {
	case *v1alpha1.OrgUser:
		return r.heirWarnings(ctx, q, nil, created)
	case *v1alpha1.Invitation:
		old, _ := q.Old.(*v1alpha1.Invitation)
		return r.namedWarnings(ctx, old, created)
	}
	return nil, nil
}

// personWarnings is about a person who loses a role or the user name, or is suspended or removed. After is nil in the latter case.
func (r Reader) personWarnings(ctx context.Context, q authz.Request, before, after *v1alpha1.OrgUser) ([]string, error) {
	field, loses := lossOf(before, after)
	if len(usernames(before)) == 0 || !loses {
		return nil, nil
	}
	if after == nil {
		var err error
		if after, err = r.heirInForce(ctx, before); err != nil {
			return nil, err
		}
	}
	role := requestedRole(after)
	if after != nil {
		after = after.DeepCopy()
		after.Status.Username = r.names.Of(after)
	}
	lost, err := r.losing(ctx, before.Namespace, r.inviterNames(before), func(i *v1alpha1.Invitation, inviter authz.Actor) bool {
		return inviter.User == before.Name && authz.MayInvite(before.Status.Role, i) &&
			(!authz.MayInvite(role, i) || !r.isNamed(after, string(i.Spec.InvitedBy)))
	})
	return lost.warnings(q, field, before.Status.Username), err
}

// lossOf reports whether a request can end what a user may do as an inviter, and by which field, which is empty for a deletion.
func lossOf(before, after *v1alpha1.OrgUser) (field string, loses bool) {
	switch {
	case after == nil:
		return "", true
	case !before.Spec.Suspend && after.Spec.Suspend:
		return "spec.suspend: ", true
	case requestedRole(before) != requestedRole(after):
		return "spec.role: ", true
	default:
		return "spec.username: ", before.Spec.Username != after.Spec.Username
	}
}

// heirInForce returns who takes the place of a user who is deleted, if they need not accept first. It returns nil if there is none.
func (r Reader) heirInForce(ctx context.Context, former *v1alpha1.OrgUser) (*v1alpha1.OrgUser, error) {
	same, err := r.UsersByEmail(ctx, former.Namespace, string(effective.EmailOf(former)))
	heir := effective.Heir(former, same)
	if err != nil || heir == nil || heir.Spec.Onboarding != v1alpha1.OnboardingNone && !effective.IsAccepted(heir) {
		return nil, err
	}
	return heir, nil
}

// requestedRole returns the role that a user will have in force if nothing else keeps them from it.
func requestedRole(u *v1alpha1.OrgUser) v1alpha1.Role {
	if u == nil || u.Spec.Suspend || effective.IsLimited(u) || !u.DeletionTimestamp.IsZero() {
		return ""
	}
	return u.Spec.Role
}

// heirWarnings is about a user who gets the name or address of somebody who had it when they sent Invitations: these are the new user's
// from then on. Before is nil for a new user. While somebody has the address, the user waits for it.
func (r Reader) heirWarnings(ctx context.Context, q authz.Request, before, after *v1alpha1.OrgUser) ([]string, error) {
	had := []string{""}
	if before != nil {
		had = r.inviterNames(before)
	}
	email := string(after.Spec.Email)
	names := slices.DeleteFunc([]string{string(after.Spec.Username), emailaddr.Normalize(email), r.names.ForAddress(email)},
		func(name string) bool { return slices.Contains(had, name) })
	if len(names) == 0 {
		return nil, nil
	}
	present, err := r.UsersByEmail(ctx, after.Namespace, email)
	if err != nil || slices.ContainsFunc(present, func(u *v1alpha1.OrgUser) bool { return u.Name != after.Name }) {
		return nil, err
	}
	slices.Sort(names)
	inherited, err := r.losing(ctx, after.Namespace, slices.Compact(names), func(i *v1alpha1.Invitation, inviter authz.Actor) bool {
		return inviter.User != after.Name && slices.ContainsFunc(i.Status.Recipients, func(r v1alpha1.RecipientStatus) bool {
			return r.SendCount > 0 // else it has been waiting for the user
		})
	})
	if err != nil || len(inherited.names) == 0 {
		return nil, err
	}
	var warnings []string
	_, name := taker(q)
	command := authz.TakeOver(inherited.namespace, name, inherited.named()...) + inherited.others(names[0])
	return append(warnings, "open invitations that were sent already name this user as the inviter, who answers for them from now on. If "+
		"that is not intended, take them over: "+command), nil
}

// delegateWarnings is about delegates who are removed, or whose role is lowered. After is nil if the organization is deleted.
func (r Reader) delegateWarnings(ctx context.Context, q authz.Request, before, after *v1alpha1.Organization) ([]string, error) {
	if after == nil || slices.Equal(before.Spec.Delegates, after.Spec.Delegates) {
		return nil, nil
	}
	var warnings []string
	for _, d := range before.Spec.Delegates {
		var role v1alpha1.Role
		if remaining := authz.DelegateOf(after, string(d.Username)); remaining != nil {
			role = remaining.Role
		}
		if role == d.Role {
			continue
		}
		lost, err := r.losing(ctx, before.Namespace, []string{string(d.Username)}, func(i *v1alpha1.Invitation, inviter authz.Actor) bool {
			return inviter.Kind == authz.ActorDelegate && authz.MayInvite(d.Role, i) && !authz.MayInvite(role, i)
		})
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, lost.warnings(q, "spec.delegates: ", string(d.Username))...)
	}
	return warnings, nil
}

// namedWarnings says why the inviter whom a request names cannot answer for an Invitation now. The platform and delegates may name
// somebody who comes later.
func (r Reader) namedWarnings(ctx context.Context, old, i *v1alpha1.Invitation) ([]string, error) {
	if authz.RecordedInviterKind(i) == v1alpha1.InviterPlatform || i.Spec.InvitedBy == "" || old != nil &&
		old.Spec.InvitedBy == i.Spec.InvitedBy && old.Spec.Role == i.Spec.Role && slices.Equal(old.Spec.Modules, i.Spec.Modules) {
		return nil, nil
	}
	inviter, err := r.Inviter(ctx, i)
	var warnings []string
	switch {
	case err != nil || authz.MayInvite(inviter.Role, i):
		return nil, err
	case inviter.Kind == authz.ActorNobody:
		return append(warnings, fmt.Sprintf("spec.invitedBy: nobody in force has the user name or the address %q: nobody can accept until "+
			"somebody has it who may give what this Invitation gives", i.Spec.InvitedBy)), nil
	default:
		return append(warnings, fmt.Sprintf("spec.invitedBy: %q is %s and may not give what this Invitation gives: nobody can accept "+
			"until you name somebody who may", i.Spec.InvitedBy, inviter.Role)), nil
	}
}
