// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package effective computes what is in force from what is requested: access, administrators, seats, devices, settings and
// contacts. Reconcilers write its results to status; webhooks and the portal rely on the same functions. It has no client
// and no clock.
package effective

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// UserFacts is all that decides what of a user's wishes is in force.
type UserFacts struct {
	User *v1alpha1.OrgUser
	// Organization is nil while there is none.
	Organization *v1alpha1.Organization
	// Onboarding is the person's state, wherever it is kept; nil: not invited yet.
	Onboarding *v1alpha1.OnboardingStatus
	// Workspaces are those that have a namespace, as far as they concern the user: which the user wishes or which name the user,
	// and all of the organization for an administrator in force.
	Workspaces []*v1alpha1.Workspace
	// Named gives for each workspace the access of its entries that name the user's address or one of the user's groups. A workspace
	// without a namespace may be among them.
	Named map[string][]v1alpha1.GrantOrigin
	// ClusterRoles tells how the ClusterRoles stand that the organization's modules name.
	ClusterRoles ClusterRoleStates
	// AddressOwner is the name of another user with the same address who has it in force; empty: none (ORG-28).
	AddressOwner string
	// UsernameOwner is the name of another user who has the wished Kubernetes user name in force; empty: none.
	UsernameOwner string
}

// InForce is what of a user's wishes is in force.
type InForce struct {
	State      v1alpha1.UserState
	Role       v1alpha1.Role
	Username   string
	Workspaces []v1alpha1.WorkspaceGrantStatus
	// Accepted is true once the person has accepted, or needs not to.
	Accepted bool
	// Held is true when the ledger keeps the person an administrator against the wish (ORG-4).
	Held bool
	// Leaving is true while an administrator who is not the only one waits for the ledger to drop the name.
	Leaving bool
	// AwaitingLedger is true when the wish for the administrator's role waits for the ledger.
	AwaitingLedger bool
	// Modules are the modules in force, each with a seat.
	Modules []v1alpha1.ObjectName
	// ModuleRoles are the ClusterRoles that the modules in force add in each workspace in force.
	ModuleRoles []ModuleRole
	// AwaitingSeats are wished modules that have no seat left.
	AwaitingSeats []string
	// MissingWorkspaces are wished workspaces that do not exist or have no namespace yet.
	MissingWorkspaces []string
	// LacksWorkspace is true when the organization requires a workspace and no source gives the person one (GTA-5).
	LacksWorkspace bool
}

// UserInForce decides what of a user's wishes is in force.
func UserInForce(f UserFacts) InForce {
	in := InForce{Accepted: accepted(f)}
	name, hasName := usernameInForce(f)
	in.Username = name
	wished := CandidateOf(f.User).Requested
	switch {
	case InLedger(f.Organization, f.User):
		alone := len(f.Organization.Status.Administrators) == 1
		in.State, in.Role = v1alpha1.UserActive, v1alpha1.RoleOrganizationAdmin
		in.Held, in.Leaving = !wished && alone, !wished && !alone
	case !f.User.DeletionTimestamp.IsZero():
		in.State = v1alpha1.UserRemoving
	case isPending(f, in, hasName):
		in.State, in.Username = v1alpha1.UserPending, UsernameOf(f.User)
	case f.User.Spec.Suspend:
		in.State = v1alpha1.UserSuspended
	case wished:
		in.State, in.AwaitingLedger = v1alpha1.UserActive, true
	case IsLimited(f.User):
		in.State = v1alpha1.UserActive // whether invited or not, without role or access (LMI-2)
	default:
		in.State, in.Role = v1alpha1.UserActive, f.User.Spec.Role
	}
	in.Workspaces, in.MissingWorkspaces = grants(f, in)
	if in.State == v1alpha1.UserActive {
		modules, waiting := modulesInForce(f)
		in = in.WithModules(f, modules)
		in.AwaitingSeats = waiting
		in.LacksWorkspace = in.Role != "" && len(f.User.Spec.Workspaces)+len(f.Named) == 0 &&
			NeedsWorkspace(f.Organization, in.Role, f.User.Spec.Access)
	}
	return in
}

// isPending tells whether a person is not in force yet: before acceptance, and behind whoever has the address or the name.
func isPending(f UserFacts, in InForce, hasName bool) bool {
	return f.Organization == nil || f.AddressOwner != "" || !hasName || !in.Accepted && !IsLimited(f.User)
}

// InLedger tells whether a user is an administrator in force; an organization that goes has none.
func InLedger(o *v1alpha1.Organization, u *v1alpha1.OrgUser) bool {
	return o != nil && o.DeletionTimestamp.IsZero() && slices.Contains(o.Status.Administrators, u.Name)
}

// usernameInForce gives the wished Kubernetes user name, or the one that the user has while somebody else has the wished
// one in force; false: the user has none, and needs one.
func usernameInForce(f UserFacts) (string, bool) {
	wished := UsernameOf(f.User)
	switch {
	case IsLimited(f.User) && !InLedger(f.Organization, f.User):
		return "", true // who has no access needs none
	case f.UsernameOwner == "":
		return wished, true
	}
	has := f.User.Status.Username
	return has, has != "" && has != wished && inUse(f.User)
}

func modulesInForce(f UserFacts) (granted []v1alpha1.ObjectName, waiting []string) {
	if f.Organization == nil || IsLimited(f.User) {
		return nil, nil
	}
	return ModulesInForce(f.Organization, f.User)
}

// accepted: a person who was active once stays so, whatever becomes of the Invitation.
func accepted(f UserFacts) bool {
	if f.User.Spec.Onboarding == v1alpha1.OnboardingNone {
		return true
	}
	if meta.IsStatusConditionTrue(f.User.Status.Conditions, v1alpha1.ConditionAccepted) {
		return true
	}
	return f.Onboarding != nil && f.Onboarding.State == v1alpha1.RecipientActive
}
