// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

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
	// ActorCleaner is one of Kubernetes' controllers that carry out deletions; nothing binds it.
	ActorCleaner ActorKind = "Cleaner"
	// ActorOperator is Usher itself; nothing binds it.
	ActorOperator ActorKind = "Operator"
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
	switch a.Kind {
	case ActorDelegate:
		return fmt.Sprintf("delegate %q is %s in organization %q", a.Username, a.Role, organization)
	case ActorPlatform:
		return fmt.Sprintf("user %q acts for the platform in organization %q", a.Username, organization)
	}
	return fmt.Sprintf("user %q is %s in organization %q", a.Username, a.Role, organization)
}

// Platform names the identities that are not bound by roles.
type Platform struct {
	// Operator is Usher's own user name.
	Operator string
	// Users and Groups are the platform team's.
	Users, Groups []string
}

// masters is the group of whoever administers the cluster.
const masters = "system:masters"

// cleaners are Kubernetes' controllers that carry out deletions.
var cleaners = []string{
	"system:serviceaccount:kube-system:generic-garbage-collector",
	"system:serviceaccount:kube-system:namespace-controller",
	"system:kube-controller-manager",
}

// ActorKind gives as what a user of these groups acts if not by a role; ActorNobody: by a role, if any.
func (p Platform) ActorKind(username string, groups []string) ActorKind {
	switch {
	case username == p.Operator && username != "":
		return ActorOperator
	case slices.Contains(cleaners, username):
		return ActorCleaner
	case slices.Contains(groups, masters), slices.Contains(p.Users, username),
		slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(p.Groups, g) }):
		return ActorPlatform
	default:
		return ActorNobody
	}
}
