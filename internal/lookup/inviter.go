// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// InviterAuthorized reports whether the inviter of an Invitation may still grant its role, according to the cache. Before a
// person accepts, the portal asks the API server; see APIReader.InviterAuthorized.
func (r Reader) InviterAuthorized(ctx context.Context, i *v1alpha1.Invitation) (bool, error) {
	inviter, err := r.Inviter(ctx, i)
	return err == nil && authz.InviterAuthorized(i, inviter), err
}

// InviterAuthorized reports whether the inviter may still grant the role, according to the role in force at the API server: a
// role that was removed a moment ago grants nothing. The cache finds the person; if the OrgUser with that object name has
// another user name and another address by now, it is somebody else, and the inviter has no role.
func (r APIReader) InviterAuthorized(ctx context.Context, cache Reader, i *v1alpha1.Invitation) (bool, error) {
	inviter, err := cache.Inviter(ctx, i)
	if err != nil {
		return false, err
	}
	if inviter.Kind == authz.ActorPerson {
		person, err := r.User(ctx, i.Namespace, inviter.User)
		if err != nil {
			return false, err
		}
		inviter.Role = ""
		if person != nil && cache.isNamed(person, string(i.Spec.InvitedBy)) {
			inviter.Role = person.Status.Role
		}
	}
	return authz.InviterAuthorized(i, inviter), nil
}

// isNamed reports whether an inviter's name is a person's user name or address.
func (r Reader) isNamed(person *v1alpha1.OrgUser, invitedBy string) bool {
	email, has := r.names.AddressIn(invitedBy)
	return person.Status.Username == invitedBy || has && (emailaddr.Same(email, string(effective.EmailOf(person))) ||
		effective.HadEmail(person, v1alpha1.EmailAddress(email)))
}

// InviterKind returns the kind of authority that was recorded for an Invitation. If nothing was, because it was created past the
// webhooks, it is that of the named person or delegate, and empty while there is none in force: nobody answers for it then.
func (r Reader) InviterKind(ctx context.Context, i *v1alpha1.Invitation) (v1alpha1.InviterKind, error) {
	if recorded := authz.RecordedInviterKind(i); recorded != "" {
		return recorded, nil
	}
	inviter, err := r.Inviter(ctx, i)
	return authz.InviterKindOf(inviter), err
}

// Inviter returns the inviter of an Invitation, found among the organization's people and delegates. Anybody else counts as
// ActorNobody. The platform and delegates, who may name somebody else, may do so by the person's address, however it is spelled. A
// person or a delegate with exactly the name comes first.
func (r Reader) Inviter(ctx context.Context, i *v1alpha1.Invitation) (authz.Actor, error) {
	inviter, err := r.Actor(ctx, authz.Platform{}, i.Namespace, string(i.Spec.InvitedBy), nil)
	if err != nil || inviter.Kind != authz.ActorNobody {
		return inviter, err
	}
	person, err := r.personByAddress(ctx, i.Namespace, string(i.Spec.InvitedBy))
	if person != nil {
		inviter.Kind, inviter.Role, inviter.User = authz.ActorPerson, person.Status.Role, person.Name
	}
	return inviter, err
}

// personByAddress returns the person in force whose address a user name contains, or nil if there is none. While nobody has the address,
// it is the person who had it before: what they have sent stays theirs.
func (r Reader) personByAddress(ctx context.Context, namespace, username string) (*v1alpha1.OrgUser, error) {
	email, has := r.names.AddressIn(username)
	if !has {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	people, err := r.UsersByEmail(ctx, namespace, email)
	if err == nil && len(people) == 0 {
		people, err = r.users(ctx, namespace, client.MatchingFields{userByFormerEmail: emailaddr.Normalize(email)})
	}
	people = slices.DeleteFunc(people, func(u *v1alpha1.OrgUser) bool { return len(usernames(u)) == 0 })
	if err != nil || len(people) == 0 {
		return nil, err
	}
	return slices.MinFunc(people, effective.ByPrecedence), nil
}

// InviterName returns the inviter's name for people: what the OrgUser with that user name or address is called, else the address that the
// user name contains. If it is empty, the inviter is not a person whom the invited people know, or one who is suspended, Limited or
// leaving, and the organization itself invites.
func (r Reader) InviterName(ctx context.Context, namespace string, username v1alpha1.Username) (string, error) {
	person, err := r.personNamed(ctx, namespace, string(username))
	switch {
	case err != nil || person != nil && effective.IsOutside(person):
		return "", err
	case person != nil:
		return formOfAddress(person), nil
	}
	email, has := r.names.AddressIn(string(username))
	if !has {
		return "", nil
	}
	known, err := r.UsersByEmail(ctx, namespace, email)
	if err != nil || slices.ContainsFunc(known, effective.IsOutside) {
		return "", err
	}
	return email, nil
}

// InviterOf returns the name of the person who invites a user that is declared directly. Unlike for an Invitation, nothing depends on their
// right to invite: the name is empty unless the person is active in the organization.
func (r Reader) InviterOf(ctx context.Context, u *v1alpha1.OrgUser) (string, error) {
	person, err := r.personNamed(ctx, u.Namespace, string(u.Spec.InvitedBy))
	if err != nil || person == nil || !effective.CanBeAsked(person) {
		return "", err
	}
	return formOfAddress(person), nil
}

// personNamed returns the person in force with a user name, or whose address it contains, or nil if there is none.
func (r Reader) personNamed(ctx context.Context, namespace, username string) (*v1alpha1.OrgUser, error) {
	if username == "" {
		return nil, nil //nolint:nilnil // nobody is an answer, not an error
	}
	people, err := r.UsersByUsername(ctx, namespace, username)
	if err != nil {
		return nil, err
	}
	if len(people) > 0 {
		return slices.MinFunc(people, effective.ByPrecedence), nil
	}
	return r.personByAddress(ctx, namespace, username)
}

func formOfAddress(u *v1alpha1.OrgUser) string { return emailaddr.FormOfAddress(u.Status.DisplayName) }
