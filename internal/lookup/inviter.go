// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
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
// another user name by now, it is somebody else, and the inviter has no role.
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
		if person != nil && person.Status.Username == string(i.Spec.InvitedBy) {
			inviter.Role = person.Status.Role
		}
	}
	return authz.InviterAuthorized(i, inviter), nil
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
// ActorNobody.
func (r Reader) Inviter(ctx context.Context, i *v1alpha1.Invitation) (authz.Actor, error) {
	return r.Actor(ctx, authz.Platform{}, i.Namespace, string(i.Spec.InvitedBy), nil)
}

// InviterName returns the inviter's name for people: the display name of the OrgUser with that user name, else the user name if
// it is an address. If it is empty, the inviter is not a person whom the invited people know, and the organization itself
// invites.
func (r Reader) InviterName(ctx context.Context, namespace string, username v1alpha1.Username) (string, error) {
	people, err := r.UsersByUsername(ctx, namespace, string(username))
	switch {
	case err != nil:
		return "", err
	case len(people) > 0:
		return people[0].Status.DisplayName, nil
	case emailaddr.Valid(string(username)):
		return string(username), nil
	}
	return "", nil
}
