// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Onboarding says how a person comes in.
//
// +enum
// +kubebuilder:validation:Enum=Invite;None
type Onboarding string

const (
	// OnboardingInvite sends an invitation mail; access starts when the person has accepted (ORG-21).
	OnboardingInvite Onboarding = "Invite"
	// OnboardingNone is for an identity that exists already: it is active at once.
	OnboardingNone Onboarding = "None"
)

// OrgUserSpec is the wished account of a person.
//
// +kubebuilder:validation:XValidation:rule="!has(self.access) || self.access != 'Limited' || self.role == 'Member'",message="Limited access goes with the role Member only",fieldPath=".access"
type OrgUserSpec struct {
	// email is the person's address, which identifies the account in the organization (ORG-28). It cannot be changed.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="is immutable: delete the user and make another one with the new address"
	Email EmailAddress `json:"email,omitempty"`
	// displayName is the person's name; absent: the name given at registration, else one derived from the address
	// (LMI-5, LMI-6).
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// avatarURL is a picture of the person (ORG-18). Usher never fetches it.
	// +optional
	AvatarURL HTTPSURL `json:"avatarURL,omitempty"`
	// phone is the person's number in E.164 form.
	// +optional
	Phone PhoneNumber `json:"phone,omitempty"`
	// role is what the person may do in the organization.
	// +required
	Role Role `json:"role,omitempty"`
	// access is Full for the organization's own people, Limited for outsiders (LMI-1). A Limited account is active without
	// being invited, and has neither role nor access nor seats; made Full, it is onboarded as onboarding says (LMI-12).
	// +optional
	// +default="Full"
	Access AccountAccess `json:"access,omitempty"`
	// workspaces are granted to the person directly; more can be granted in the workspaces themselves (ORG-23).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10
	Workspaces []WorkspaceGrant `json:"workspaces,omitempty"`
	// modules are products that the person uses; each takes a seat (GTA-11).
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Modules []ObjectName `json:"modules,omitempty"`
	// groups are the groups that the person is in; workspaces can name groups as members (LMI-9).
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Groups []ObjectName `json:"groups,omitempty"`
	// onboarding says how the person comes in.
	// +optional
	// +default="Invite"
	Onboarding Onboarding `json:"onboarding,omitempty"`
	// username is the person's Kubernetes user name; absent: the address.
	// +optional
	Username Username `json:"username,omitempty"`
	// suspend takes the person's access away and keeps the account (NOV-13).
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// UserState is where an account stands.
//
// +enum
// +kubebuilder:validation:Enum=Pending;Active;Suspended;Removing
type UserState string

const (
	// UserPending has not accepted yet.
	UserPending UserState = "Pending"
	// UserActive has accepted and has access.
	UserActive UserState = "Active"
	// UserSuspended is listed and has no access (NOV-13).
	UserSuspended UserState = "Suspended"
	// UserRemoving is being deleted.
	UserRemoving UserState = "Removing"
)

// GrantSource is where an access to a workspace comes from.
//
// +enum
// +kubebuilder:validation:Enum=Role;User;Member;Group
type GrantSource string

const (
	// GrantedByRole comes from being an organization administrator (ORG-2).
	GrantedByRole GrantSource = "Role"
	// GrantedByUser comes from OrgUser.spec.workspaces (ORG-22).
	GrantedByUser GrantSource = "User"
	// GrantedByMember comes from an entry of Workspace.spec.members with the person's address (ORG-23).
	GrantedByMember GrantSource = "Member"
	// GrantedByGroup comes from an entry of Workspace.spec.members with a group that the person is in (LMI-9).
	GrantedByGroup GrantSource = "Group"
)

// GrantOrigin is one source of an access to a workspace, with the access that it gives.
type GrantOrigin struct {
	// source is where the access comes from.
	// +required
	Source GrantSource `json:"source,omitempty"`
	// group is the group's name, for the source Group.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Group string `json:"group,omitempty"`
	// access is what this source alone would give.
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
}

// WorkspaceGrantStatus is the access in force to one workspace.
type WorkspaceGrantStatus struct {
	// name is the Workspace's name in the organization's namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// access is what the person may do in the workspace's namespace: the strongest of all origins.
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
	// origins are all sources of the access.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Origins []GrantOrigin `json:"origins,omitempty"`
}

// LastActivePending is OrgUser.status.lastActive before the person has accepted (ORG-17).
const LastActivePending = "Pending"

// OrgUserStatus is the account in force. Access and the idea of who is acting come from here alone.
type OrgUserStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// state is where the account stands.
	// +optional
	State UserState `json:"state,omitempty"`
	// role is the role in force; empty while there is none.
	// +optional
	Role Role `json:"role,omitempty"`
	// username is the Kubernetes user name in force; a Limited account has none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	Username string `json:"username,omitempty"`
	// displayName is the name shown.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=160
	DisplayName string `json:"displayName,omitempty"`
	// workspaces are the grants in force, from every source (ORG-2, ORG-22, ORG-23, LMI-9).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10000
	Workspaces []WorkspaceGrantStatus `json:"workspaces,omitempty"`
	// modules are the modules in force.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Modules []ObjectName `json:"modules,omitempty"`
	// lastActive is "Pending" until the person has accepted, then the time of the last activity in RFC 3339 (ORG-17).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	LastActive string `json:"lastActive,omitempty"`
	// onboarding is the invitation of a person who is declared without an Invitation.
	// +optional
	Onboarding *OnboardingStatus `json:"onboarding,omitempty"`
	// observedResend is the last value of the resend annotation that was acted on, for a person declared without an
	// Invitation.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ObservedResend string `json:"observedResend,omitempty"`
	// registration is what the person gave at registration.
	// +optional
	Registration *Registration `json:"registration,omitempty"`
	// conditions are Ready and Accepted, and while they are true Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// OrgUser is a person's account in the organization of its namespace.
//
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name must not be longer than 63 characters"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ou,categories=usher
// +kubebuilder:selectablefield:JSONPath=`.spec.email`
// +kubebuilder:selectablefield:JSONPath=`.spec.access`
// +kubebuilder:selectablefield:JSONPath=`.status.role`
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Email",type=string,JSONPath=`.spec.email`
// +kubebuilder:printcolumn:name="Role",type=string,JSONPath=`.spec.role`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Last-Active",type=string,JSONPath=`.status.lastActive`
// +kubebuilder:printcolumn:name="Access",type=string,JSONPath=`.spec.access`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type OrgUser struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the wished account.
	// +required
	Spec OrgUserSpec `json:"spec,omitzero"`
	// status is the account in force.
	// +optional
	Status OrgUserStatus `json:"status,omitempty,omitzero"`
}

// OrgUserList is a list of OrgUsers.
//
// +kubebuilder:object:root=true
type OrgUserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []OrgUser `json:"items"`
}

// GetConditions gives the conditions, for the code that writes them for all kinds alike.
func (u *OrgUser) GetConditions() *[]metav1.Condition { return &u.Status.Conditions }

// SetObservedGeneration records the generation that the status is about.
func (u *OrgUser) SetObservedGeneration(g int64) { u.Status.ObservedGeneration = g }
