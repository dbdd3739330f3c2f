// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ActorKind tells as what somebody acts.
type ActorKind string

const (
	// ActorNobody has no role in the organization.
	ActorNobody ActorKind = "Nobody"
	// ActorPerson is an active OrgUser.
	ActorPerson ActorKind = "Person"
	// ActorDelegate is one of the organization's delegates.
	ActorDelegate ActorKind = "Delegate"
	// ActorPlatform is an identity of the platform, bound by invariants and not by roles.
	ActorPlatform ActorKind = "Platform"
)

// Actor is who makes a request, in the organization that the request is about.
type Actor struct {
	Kind     ActorKind
	Username string
	// Role is the role in force of a person or delegate.
	Role v1alpha1.Role
	// User is the name of a person's OrgUser.
	User string
}

func (a Actor) describe(organization string) string {
	if a.Kind == ActorDelegate {
		return fmt.Sprintf("delegate %q is %s in organization %q", a.Username, a.Role, organization)
	}
	return fmt.Sprintf("user %q is %s in organization %q", a.Username, a.Role, organization)
}

// Platform names the identities that are not bound by roles.
type Platform struct {
	Users  []string
	Groups []string
}

// DefaultPlatform is the platform of every cluster: its masters, and the controllers that clean up after a deletion.
// More users and groups come from the operator's configuration, its own name among them.
func DefaultPlatform(users, groups []string) Platform {
	return Platform{
		Users: append([]string{
			"system:serviceaccount:kube-system:generic-garbage-collector",
			"system:serviceaccount:kube-system:namespace-controller",
			"system:kube-controller-manager",
		}, users...),
		Groups: append([]string{"system:masters"}, groups...),
	}
}

// Includes tells whether a user of these groups is one of the platform's identities.
func (p Platform) Includes(username string, groups []string) bool {
	return slices.Contains(p.Users, username) ||
		slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(p.Groups, g) })
}
