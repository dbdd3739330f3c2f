// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// IdentityGroup is the name of a group in the tokens of the identity provider, as the API server sees it. Groups that Kubernetes
// reserves for itself are not allowed.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule=`!self.startsWith('system:')`,message="must not start with system:, which Kubernetes reserves for its own groups"
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'^[\s\pZ]|[\s\pZ]$|[\pC\p{Zl}\p{Zp}]')`,message="must be a single line without control characters, and must neither start nor end with a space"
type IdentityGroup string

// OrgGroupSpec is the requested group.
type OrgGroupSpec struct {
	// displayName is the group's name for people, and in the directory if there is one. It is unique in the organization, regardless of
	// case. It can be changed at any time; the object's name cannot. If unset, the object's name is used.
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// members are the addresses of people who are in the group, at most 10,000. People whose OrgUser names the group in spec.groups
	// are in it without being listed. An address that no user has yet is allowed: the person is in the group once active.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	Members []MemberAddress `json:"members,omitempty"`
	// identityGroup is the name of a group in the tokens of the identity provider, as the API server sees it, with the prefix that it
	// adds. If set, everybody whom the identity provider puts in that group has the access that the group opens, whether or not they
	// have an account here: they take no seat and have no role in the organization. Only an OrganizationAdmin may set it, and only to
	// a name that the platform's configuration allows.
	// +optional
	IdentityGroup IdentityGroup `json:"identityGroup,omitempty"`
}

// GroupGrantStatus is a workspace that a group opens.
type GroupGrantStatus struct {
	// name is the name of the Workspace in the organization's namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// access is what everybody in the group may do in the workspace's namespace: Admin, Edit or View.
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
}

// OrgGroupStatus is the group in force.
type OrgGroupStatus struct {
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// members is the number of people who are in the group in force: the active ones whom spec.members lists, or who name the group in
	// spec.groups. Those whom only the identity provider puts in spec.identityGroup are not counted.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Members *int32 `json:"members,omitempty"`
	// workspaces are those that list the group in spec.members, with the access that the group has there. At most 1,000 are listed.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=1000
	Workspaces []GroupGrantStatus `json:"workspaces,omitempty"`
	// workspaceSummary names the first three of the workspaces, with the access, and counts the others, as in "sales (View), support
	// (Edit)". It is for lists of groups.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	WorkspaceSummary string `json:"workspaceSummary,omitempty"`
	// identityGroup is the group of the identity provider that has access to the workspaces in force.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	IdentityGroup string `json:"identityGroup,omitempty"`
	// conditions are Ready, and Reconciling and Stalled while they are true. The message of Ready says what is missing, and what can be
	// done. AccountsExist is False while spec.members names somebody who has no account.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// OrgGroup is a group of people in the organization of its namespace. Workspaces give it access by listing its name. A group whose name
// only OrgUsers give in spec.groups needs no OrgGroup.
//
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63 && !self.metadata.name.contains('.')",message="the name must be at most 63 characters: lowercase letters, digits and hyphens"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=og,categories=usher
// +kubebuilder:printcolumn:name="Display Name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Members",type=integer,JSONPath=`.status.members`
// +kubebuilder:printcolumn:name="Workspaces",type=string,JSONPath=`.status.workspaceSummary`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Identity-Group",type=string,JSONPath=`.spec.identityGroup`,priority=1
type OrgGroup struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the requested group.
	// +optional
	Spec OrgGroupSpec `json:"spec,omitempty,omitzero"`
	// status is the group in force.
	// +optional
	Status OrgGroupStatus `json:"status,omitempty,omitzero"`
}

// OrgGroupList is a list of OrgGroups.
//
// +kubebuilder:object:root=true
type OrgGroupList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []OrgGroup `json:"items"`
}

// GetConditions returns the conditions, for code that writes them for every kind.
func (g *OrgGroup) GetConditions() *[]metav1.Condition { return &g.Status.Conditions }

// SetObservedGeneration records the generation of the spec that the status describes.
func (g *OrgGroup) SetObservedGeneration(generation int64) { g.Status.ObservedGeneration = generation }
