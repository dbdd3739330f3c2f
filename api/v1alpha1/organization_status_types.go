// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// OrganizationStatus is the organization in force.
type OrganizationStatus struct {
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// administrators are the names of the OrgUsers whose role in force is OrganizationAdmin. The last one stays in force,
	// whatever the spec requests. The list takes in at most 1,000 of them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=10000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Administrators []string `json:"administrators,omitempty"`
	// users counts the organization's users.
	// +optional
	Users UserCounts `json:"users,omitempty,omitzero"`
	// workspaces is the number of Workspaces.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Workspaces *int32 `json:"workspaces,omitempty"`
	// modules are the seats bought and taken. A module that is no longer bought stays listed, with no seats, while it is
	// still in force for somebody who is losing it.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=256
	Modules []ModuleStatus `json:"modules,omitempty"`
	// groups are the groups that users are in or that workspaces name, with the number of their users, sorted by name.
	// If there are more than 1,000 groups, only the first 1,000 are listed.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10000
	Groups []GroupStatus `json:"groups,omitempty"`
	// unlistedGroups is the number of groups that are not listed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	UnlistedGroups int32 `json:"unlistedGroups,omitempty"`
	// contacts are the contacts with their assignees in force.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Contacts []ContactStatus `json:"contacts,omitempty"`
	// notices are the alerts and reports for the contacts.
	// +optional
	Notices NoticesStatus `json:"notices,omitempty,omitzero"`
	// directory is the state of the organization's directory. It is empty while the organization has none.
	// +optional
	Directory DirectoryStatus `json:"directory,omitempty,omitzero"`
	// conditions are Ready, and Reconciling and Stalled while they are true. The message of Ready says what is missing, and
	// what can be done. WithinBudget is False while messages to contacts wait for a budget of the platform.
	// DirectoryWithinThreshold is False while the directory may suspend and delete nobody, because it did so too often.
	// DirectoryNamesExist is False while spec.directory names a group or a module that does not exist.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// UserCounts counts users by state.
type UserCounts struct {
	// total is the number of users.
	// +required
	// +kubebuilder:validation:Minimum=0
	Total *int32 `json:"total,omitempty"`
	// active is the number of users in the state Active.
	// +required
	// +kubebuilder:validation:Minimum=0
	Active *int32 `json:"active,omitempty"`
	// pending is the number of users in the state Pending.
	// +required
	// +kubebuilder:validation:Minimum=0
	Pending *int32 `json:"pending,omitempty"`
	// limited is the number of Limited accounts among all users.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Limited *int32 `json:"limited,omitempty"`
}

// ModuleStatus is a module's seats in force.
type ModuleStatus struct {
	// name identifies the module.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// seats is the number of seats bought.
	// +required
	// +kubebuilder:validation:Minimum=0
	Seats *int32 `json:"seats,omitempty"`
	// used is the number of seats taken.
	// +required
	// +kubebuilder:validation:Minimum=0
	Used *int32 `json:"used,omitempty"`
	// holders are the names of the OrgUsers who hold a seat, in the order in which they got it. The names in the lists of all
	// modules together take at most 448 KiB; beyond that, nobody gets another seat.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Holders []string `json:"holders,omitempty"`
	// leaving are the names of the OrgUsers who held a seat and are losing it. Their seats count as used, and nobody
	// else gets them, until the module is seen to be no longer in force for them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Leaving []string `json:"leaving,omitempty"`
}

// GroupStatus counts the users of a group.
type GroupStatus struct {
	// name is the name of the group.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// users is the number of users in the group, without those who are being removed.
	// +required
	// +kubebuilder:validation:Minimum=0
	Users *int32 `json:"users,omitempty"`
}
