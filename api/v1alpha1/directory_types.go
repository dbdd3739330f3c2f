// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DirectoryOnboarding says how people whom the directory sends join the organization.
//
// +enum
// +kubebuilder:validation:Enum=Active;Invite
type DirectoryOnboarding string

const (
	// DirectoryActive makes accounts active at once.
	DirectoryActive DirectoryOnboarding = "Active"
	// DirectoryInvite invites people, who have access after accepting.
	DirectoryInvite DirectoryOnboarding = "Invite"
)

// Directory says how the organization's directory manages accounts.
type Directory struct {
	// paused keeps the directory from reading and changing anything, if it is true. Its requests are refused until it is false again.
	// Accounts and access stay as they are. If unset, it is false.
	// +optional
	Paused bool `json:"paused,omitempty"`
	// onboarding says how people whom the directory sends join the organization:
	//
	//   - Active: their accounts are active at once. No mail is sent.
	//   - Invite: they are invited by mail, and have access after accepting.
	//
	// It applies to accounts that the directory creates from then on. If unset, it is Active.
	// +optional
	Onboarding DirectoryOnboarding `json:"onboarding,omitempty"`
	// roles are the roles that groups give to people whose accounts the directory keeps, at most 64. Such a person has the highest
	// of these roles and of the account's own spec.role. From the highest to the lowest, they are OrganizationAdmin, BillingAdmin,
	// FinanceAdmin, UserAdmin, Technician, Member. OrganizationAdmin requires that the platform allows it.
	// +optional
	// +listType=map
	// +listMapKey=group
	// +kubebuilder:validation:MaxItems=64
	Roles []GroupRole `json:"roles,omitempty"`
	// modules are the modules that groups give to people whose accounts the directory keeps, for at most 64 groups. Each takes a
	// seat, as those in the account's own spec.modules do.
	// +optional
	// +listType=map
	// +listMapKey=group
	// +kubebuilder:validation:MaxItems=64
	Modules []GroupModules `json:"modules,omitempty"`
	// protection limits how many people the directory can suspend and delete before an administrator has to look at it.
	// +optional
	Protection DirectoryProtection `json:"protection,omitempty,omitzero"`
}

// GroupRole is the role that a group gives.
//
// +kubebuilder:validation:XValidation:rule="self.role != 'Member' && self.role != 'NotificationsOnly'",message="must be above Member, which is the role of the directory's people without a group",fieldPath=".role"
type GroupRole struct {
	// group is the name of the group.
	// +required
	Group ObjectName `json:"group,omitempty"`
	// role is what the people in the group may do in the organization:
	//
	//   - OrganizationAdmin manages everything, has Admin access to every workspace, and can delete the organization.
	//   - BillingAdmin manages billing and the subscription, and views everything else.
	//   - FinanceAdmin manages the profile, settings, contacts, billing and workspaces, and views the rest.
	//   - UserAdmin manages workspaces and Members, assigns all users to workspaces, and views the profile and billing.
	//   - Technician views everything and changes nothing.
	//
	// Member is the role of people without such a group, and NotificationsOnly is below it: neither can be given.
	// +required
	Role Role `json:"role,omitempty"`
}

// GroupModules are the modules that a group gives.
type GroupModules struct {
	// group is the name of the group.
	// +required
	Group ObjectName `json:"group,omitempty"`
	// modules are the modules, by their names in the organization's subscription, at most 32.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Modules []ObjectName `json:"modules,omitempty"`
}

// DirectoryProtection limits how many people the directory can suspend and delete, and take out of one group at once. Once it wants to go
// beyond that, it can suspend and delete nobody, and take nobody out of a group, until an administrator allows it.
type DirectoryProtection struct {
	// people is how many people the directory can suspend or delete within the time, at most 1,000. If unset, it is 5. What percent
	// allows counts instead if it is more.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	People *int32 `json:"people,omitempty"`
	// percent is how many percent of its people the directory can suspend or delete within the time, but never more than 1,000. If
	// unset, it is 20. What people allows counts instead if it is more.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Percent *int32 `json:"percent,omitempty"`
	// hours is the time within which people are counted, from 1 to 720. If unset, it is 24.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=720
	Hours int32 `json:"hours,omitempty"`
	// allowUntil sets the limit aside: until that time, the directory can suspend, delete and take out of groups as many people as it
	// likes. What it did before counts no longer.
	// +optional
	AllowUntil *metav1.Time `json:"allowUntil,omitempty"`
}

// DirectoryStatus is the state of an organization's directory.
type DirectoryStatus struct {
	// people is the number of people whose accounts the directory keeps.
	// +optional
	// +kubebuilder:validation:Minimum=0
	People *int32 `json:"people,omitempty"`
	// groups is the number of OrgGroups that the directory keeps.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Groups *int32 `json:"groups,omitempty"`
	// removals are the people whom the directory suspended or deleted within the time that spec.directory.protection names, the
	// earliest first. The directory enters each of them before it does so.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Removals []DirectoryRemoval `json:"removals,omitempty"`
	// peopleBefore is the number of people before the first of the removals: percentages are of that.
	// +optional
	// +kubebuilder:validation:Minimum=0
	PeopleBefore *int32 `json:"peopleBefore,omitempty"`
	// maxRemovals is how many people the directory could suspend or delete when it was stopped.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MaxRemovals *int32 `json:"maxRemovals,omitempty"`
	// stoppedTime is since when the directory can suspend and delete nobody, and take nobody out of a group, because it wanted to go
	// beyond what spec.directory.protection allows. It is empty while it can.
	// +optional
	StoppedTime *metav1.Time `json:"stoppedTime,omitempty"`
}

// DirectoryRemoval is a person whom the directory suspended or deleted.
type DirectoryRemoval struct {
	// uid is the UID of the OrgUser, which may be gone.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`
	// time is when the directory did so.
	// +required
	Time metav1.Time `json:"time,omitempty,omitzero"`
}

// ByGroupStatus is what a person's groups give by spec.directory of the Organization.
type ByGroupStatus struct {
	// role is the highest role that one of the groups gives, as spec.role explains it. It counts if it is higher than spec.role.
	// +optional
	Role Role `json:"role,omitempty"`
	// group is the name of a group that gives the role.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Group string `json:"group,omitempty"`
	// modules are the modules that the groups give. Each needs a seat to be in force.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	Modules []ObjectName `json:"modules,omitempty"`
}
