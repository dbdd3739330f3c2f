// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// ActorKind says in which capacity a user acts.
type ActorKind string

const (
	// ActorNobody has no role in the organization.
	ActorNobody ActorKind = "Nobody"
	// ActorPerson is an active OrgUser.
	ActorPerson ActorKind = "Person"
	// ActorDelegate is one of the organization's delegates.
	ActorDelegate ActorKind = "Delegate"
	// ActorDirectory is the organization's directory. It has a role like a delegate, and is bounded further: see judgeDirectory.
	ActorDirectory ActorKind = "Directory"
	// ActorPlatform is an identity of the platform. Invariants bind it, roles do not.
	ActorPlatform ActorKind = "Platform"
	// ActorCleaner is one of the Kubernetes controllers that carry out deletions. Nothing binds it.
	ActorCleaner ActorKind = "Cleaner"
	// ActorOperator is Usher itself. Nothing binds it.
	ActorOperator ActorKind = "Operator"
)

// Actor is the user who makes a request, as seen in the organization that the request is about.
type Actor struct {
	Kind     ActorKind
	Username string
	// Role is the role in force of a person or a delegate.
	Role v1alpha1.Role
	// User is the name of a person's OrgUser.
	User string
}

// describe returns the words with which refusals begin: who acts, in which role, in which organization.
func (a Actor) describe(organization string) string {
	switch a.Kind {
	case ActorDelegate:
		return fmt.Sprintf("delegate %q is %s in organization %q", a.Username, a.Role, organization)
	case ActorDirectory:
		return fmt.Sprintf("the directory of organization %q", organization)
	case ActorPlatform:
		return fmt.Sprintf("user %q acts for the platform in organization %q", a.Username, organization)
	}
	return fmt.Sprintf("user %q is %s in organization %q", a.Username, a.Role, organization)
}

// Platform names the identities that roles do not bind.
type Platform struct {
	// Operator is Usher's own user name.
	Operator string
	// Users and Groups are those of the platform team.
	Users, Groups []string
}

// masters is the group of cluster administrators.
const masters = "system:masters"

// cleaners are the Kubernetes controllers that carry out deletions.
var cleaners = []string{
	"system:serviceaccount:kube-system:generic-garbage-collector",
	"system:serviceaccount:kube-system:namespace-controller",
	"system:kube-controller-manager",
}

// ActorKind returns the capacity in which a user with these groups acts regardless of roles. ActorNobody means that only a
// role in the organization can authorize the user.
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

// directoryRole is the role in which a directory acts, whatever roles its groups give to people.
const directoryRole = v1alpha1.RoleUserAdmin

// DirectoryUsername returns the Kubernetes user name in which the directory of an organization acts.
func DirectoryUsername(organization string) string {
	return serviceAccountPrefix + organization + ":" + v1alpha1.DirectoryAccount
}

// DirectoryOf returns the directory of an organization as an actor, if that is who a user is.
func DirectoryOf(organization, username string) (Actor, bool) {
	if organization == "" || username != DirectoryUsername(organization) {
		return Actor{}, false
	}
	return Actor{Kind: ActorDirectory, Username: username, Role: directoryRole}, true
}
