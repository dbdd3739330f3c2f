// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package effective computes what is in force from what is requested: access, administrators, seats, devices, settings and
// contacts. Reconcilers write its results to the status; webhooks and the portal rely on the same functions. It has no client
// and no clock.
package effective

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// UserFacts is everything that decides what of a user's spec is in force.
type UserFacts struct {
	User *v1alpha1.OrgUser
	// Organization is nil while there is none.
	Organization *v1alpha1.Organization
	// Onboarding is the person's onboarding, wherever it is kept. It is nil if the person has not been invited yet.
	Onboarding *v1alpha1.OnboardingStatus
	// InvitedBy is the inviter of the Invitation that invites the person, or of the user. It is empty if nobody is named.
	InvitedBy string
	// Workspaces are those that have a namespace and concern the user: those that the user requests or that name the user, and
	// all of the organization for an administrator in force.
	Workspaces []*v1alpha1.Workspace
	// NotReady are the workspaces of that kind that have no namespace yet. OutlookFor names them; nothing in them is in force.
	NotReady []*v1alpha1.Workspace
	// Groups are the groups in which the user is, as GroupsOf returns them. OmittedGroups is how many more there are.
	Groups        []v1alpha1.ObjectName
	OmittedGroups int
	// Named maps the names of workspaces to the access that their entries grant to the user's address or to one of the user's
	// groups. A workspace without a namespace may be among them.
	Named map[string][]v1alpha1.GrantOrigin
	// ClusterRoles says which ClusterRoles named by the organization's modules may be bound.
	ClusterRoles ClusterRoleStates
	// AddressOwner is the name of another user with the same address who has it in force (ORG-28). Empty if there is none, or if
	// that user hands over to this one; see HandsOver.
	AddressOwner string
	// OwnerLeaves is true if the AddressOwner is being deleted.
	OwnerLeaves bool
	// TakesOver is true if the AddressOwner is an administrator from whom the user takes over when that one is deleted.
	TakesOver bool
	// UsernameOwner is the name of another user who has the requested Kubernetes user name in force. Empty if there is none.
	UsernameOwner string
	// Usernames maps addresses to Kubernetes user names.
	Usernames Usernames
	// Appointing lists the organizations in which a group can give the role OrganizationAdmin.
	Appointing Appointing
}

// InForce is what of a user's spec is in force.
type InForce struct {
	State      v1alpha1.UserState
	Role       v1alpha1.Role
	Username   string
	Workspaces []v1alpha1.WorkspaceGrantStatus
	// Accepted is true if the person has accepted, or need not accept.
	Accepted bool
	// Held is true if the ledger keeps the person an administrator against the spec (ORG-4).
	Held bool
	// Leaving is true while an administrator who is not the only one waits for the ledger to drop the name.
	Leaving bool
	// AwaitingLedger is true while a requested administrator's role waits for the ledger.
	AwaitingLedger bool
	// Groups are the groups in force.
	Groups []v1alpha1.ObjectName
	// OmittedGroups is how many groups are not in force because the status has no room for them.
	OmittedGroups int
	// ByGroup is what the groups give besides access to workspaces. It is requested; Role and Modules say what is in force.
	ByGroup v1alpha1.ByGroupStatus
	// Modules are the modules in force. Each takes a seat.
	Modules []v1alpha1.ObjectName
	// ModuleRoles are the ClusterRoles that the modules in force grant in each workspace in force.
	ModuleRoles []ModuleRole
	// AwaitingSeats are the requested modules that have no seat left.
	AwaitingSeats []string
	// MissingWorkspaces are the requested workspaces that do not exist or have no namespace yet.
	MissingWorkspaces []string
	// OmittedWorkspaces is how many workspaces are not in force because the status has no room for them.
	OmittedWorkspaces int
	// LacksWorkspace is true if the organization requires a workspace and no source grants the person one (GTA-5).
	LacksWorkspace bool
}

// UserInForce decides what of a user's spec is in force.
func UserInForce(f UserFacts) InForce {
	in := InForce{Accepted: accepted(f), ByGroup: byGroup(f)}
	name, hasName := usernameInForce(f)
	in.Username = name
	requested := requestsAdministration(f.User, in.ByGroup)
	switch {
	case InLedger(f.Organization, f.User) && (hasName || inUse(f.User)):
		alone := len(f.Organization.Status.Administrators) == 1
		in.State, in.Role = v1alpha1.UserActive, v1alpha1.RoleOrganizationAdmin
		in.Held, in.Leaving = !requested && alone, !requested && !alone
	case !f.User.DeletionTimestamp.IsZero():
		in.State = v1alpha1.UserRemoving
	case isPending(f, in, hasName):
		in.State, in.Username = v1alpha1.UserPending, f.Usernames.Of(f.User)
	case f.User.Spec.Suspend:
		in.State = v1alpha1.UserSuspended
	case requested:
		in.State, in.AwaitingLedger = v1alpha1.UserActive, true
	case IsLimited(f.User):
		in.State = v1alpha1.UserActive // invited or not, without role and access (LMI-2)
	default:
		in.State, in.Role = v1alpha1.UserActive, requestedRole(f.User, in.ByGroup)
	}
	in.Workspaces, in.MissingWorkspaces, in.OmittedWorkspaces = grants(f, in)
	in.Groups, in.OmittedGroups = groupsInForce(f, in.State)
	if in.State == v1alpha1.UserActive {
		modules, waiting := modulesInForce(f)
		in = in.WithModules(f, modules)
		in.AwaitingSeats = waiting
		in.LacksWorkspace = in.Role != "" && len(f.User.Spec.Workspaces)+len(f.Named) == 0 &&
			NeedsWorkspace(f.Organization, in.Role, f.User.Spec.Access)
	}
	return in
}

// isPending reports whether a person is not in force yet: before acceptance, or while another user has the address or the user
// name.
func isPending(f UserFacts, in InForce, hasName bool) bool {
	return f.Organization == nil || f.AddressOwner != "" || !hasName || !in.Accepted && !IsLimited(f.User)
}

func modulesInForce(f UserFacts) (granted []v1alpha1.ObjectName, waiting []string) {
	if f.Organization == nil || IsLimited(f.User) {
		return nil, nil
	}
	return seatsAmong(f.Organization, f.User.Name, requestedModules(f.User, byGroup(f)))
}

// accepted reports whether a person has accepted or need not. A person who has been active once stays accepted, whatever
// happens to the Invitation.
func accepted(f UserFacts) bool {
	return f.User.Spec.Onboarding == v1alpha1.OnboardingNone || IsAccepted(f.User) ||
		f.Onboarding != nil && f.Onboarding.State == v1alpha1.RecipientActive
}

// IsAccepted reports whether a person has accepted, according to the written status.
func IsAccepted(u *v1alpha1.OrgUser) bool {
	return meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionAccepted)
}

// CanBeAsked reports whether a user is somebody whom others may ask about the organization.
func CanBeAsked(u *v1alpha1.OrgUser) bool {
	return u.Status.State == v1alpha1.UserActive && !IsOutside(u)
}

// IsOutside reports whether a user does not belong to the organization, or no longer: suspended, Limited or being deleted. No mail names
// them as the inviter, whatever is still in force.
func IsOutside(u *v1alpha1.OrgUser) bool {
	return u.Spec.Suspend || IsLimited(u) || !u.DeletionTimestamp.IsZero()
}

// IsLeaving reports whether a user is being deleted and no longer in force. An administrator in force whom the ledger keeps is not.
func IsLeaving(u *v1alpha1.OrgUser) bool {
	return !u.DeletionTimestamp.IsZero() && u.Status.State == v1alpha1.UserRemoving
}
