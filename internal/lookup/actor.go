// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

// Actor returns who a user is in an organization: a platform identity, the organization's directory, an active person, a delegate, or
// nobody. Its cost does not depend on the size of the organization.
func (r Reader) Actor(ctx context.Context, platform authz.Platform, namespace, username string, groups []string,
) (authz.Actor, error) {
	actor := authz.Actor{Kind: platform.ActorKind(username, groups), Username: username}
	if actor.Kind != authz.ActorNobody {
		return actor, nil
	}
	if directory, is := authz.DirectoryOf(namespace, username); is {
		return directory, nil
	}
	people, err := r.UsersByUsername(ctx, namespace, username)
	if err != nil {
		return actor, err
	}
	if len(people) > 0 {
		person := slices.MinFunc(people, effective.ByPrecedence)
		actor.Kind, actor.Role, actor.User = authz.ActorPerson, person.Status.Role, person.Name
		return actor, nil
	}
	organization, err := r.Organization(ctx, namespace)
	if err != nil {
		return actor, err
	}
	if delegate := authz.DelegateOf(organization, username); delegate != nil {
		actor.Kind, actor.Role = authz.ActorDelegate, delegate.Role
	}
	return actor, nil
}
