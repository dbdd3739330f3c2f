// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InvitationSpec says who is invited to what.
type InvitationSpec struct {
	// emails are the addresses to invite: at most 100 entries, and 500 addresses over time. An entry can hold several
	// addresses, separated by whitespace, commas or semicolons. An address can come with a name, as in Ana Pérez
	// <ana@acme.example>, which becomes the person's display name. A name that contains a semicolon must be in quotes; a
	// comma is understood, as in Pérez, Ana <ana@acme.example>.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=3
	// +kubebuilder:validation:items:MaxLength=8192
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r'[^\s\pC\pZ,;<>"]@[^\s\pC\pZ,;<>"]')`,message="must contain email addresses such as ana@acme.example or Ana Pérez <ana@acme.example>, separated by whitespace, commas or semicolons"
	// +kubebuilder:validation:items:XValidation:rule=`!self.matches(r'[\x00-\x08\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}\x{202A}-\x{202E}\x{2066}-\x{2069}]')`,message="must not contain control characters or characters that change the direction of text"
	Emails []string `json:"emails,omitempty"`
	// role is what all invited people may do in the organization:
	//
	//   - OrganizationAdmin manages everything, has Admin access to every workspace, and can delete the organization.
	//   - BillingAdmin manages billing and the subscription, and views everything else.
	//   - FinanceAdmin manages the profile, settings, contacts, billing and workspaces, and views the rest.
	//   - UserAdmin manages workspaces and Members, assigns all users to workspaces, and views the profile and billing.
	//   - Technician views everything and changes nothing.
	//   - Member has access to the workspaces granted, and to nothing else.
	//   - NotificationsOnly receives notifications and has no access.
	// +required
	Role Role `json:"role,omitempty"`
	// workspaces are the workspaces to which all invited people get access, at most 10. Workspaces can grant more through
	// their own spec.members.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10
	Workspaces []WorkspaceGrant `json:"workspaces,omitempty"`
	// groups are the groups that all invited people join, at most 32. A group is a name that workspaces can have as a member.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Groups []ObjectName `json:"groups,omitempty"`
	// modules are the products that all invited people use, by their names in the organization's subscription. Each of them
	// takes a seat for each person, who waits for one if none is free.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Modules []ObjectName `json:"modules,omitempty"`
	// language is the language of mails and pages, as a language tag such as es or en-GB. If unset, it is the language of
	// the invitation's workspaces if they all have the same, or else the organization's.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
	// message is plain text that is included in the mail, at most 2,000 characters. Line breaks are kept.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')`,message="must be plain text: line breaks and tabs are the only control characters allowed"
	Message string `json:"message,omitempty"`
	// invitedBy is the user name of the person who invites, and who must still be allowed to grant the role when somebody
	// accepts. At creation Usher sets it to the acting user, and so it does when a person or a delegate changes what the
	// Invitation grants, or to whom. Somebody who may grant it takes the Invitation over by setting invitedBy to their own
	// user name; the links that people have stay valid. Only platform identities and delegates may name somebody else. It
	// stays empty if the acting user's name is one that Kubernetes reserves, such as system:admin; then the organization
	// invites.
	// +optional
	InvitedBy Username `json:"invitedBy,omitempty"`
}

// Invitation invites people to the organization of its namespace, all of them with the same role.
//
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name must be at most 63 characters"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=inv,categories=usher
// +kubebuilder:selectablefield:JSONPath=`.spec.invitedBy`
// +kubebuilder:printcolumn:name="Role",type=string,JSONPath=`.spec.role`
// +kubebuilder:printcolumn:name="Total",type=integer,JSONPath=`.status.summary.total`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.summary.pending`
// +kubebuilder:printcolumn:name="Active",type=integer,JSONPath=`.status.summary.active`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.summary.failed`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Invited-By",type=string,JSONPath=`.spec.invitedBy`,priority=1
// +kubebuilder:printcolumn:name="Groups",type=string,JSONPath=`.spec.groups`,priority=1
// +kubebuilder:printcolumn:name="Modules",type=string,JSONPath=`.spec.modules`,priority=1
type Invitation struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec says who is invited to what.
	// +required
	Spec InvitationSpec `json:"spec,omitzero"`
	// status is the progress of the invitation.
	// +optional
	Status InvitationStatus `json:"status,omitempty,omitzero"`
}

// InvitationList is a list of Invitations.
//
// +kubebuilder:object:root=true
type InvitationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Invitation `json:"items"`
}

// GetConditions returns the conditions, for code that writes them for every kind.
func (i *Invitation) GetConditions() *[]metav1.Condition { return &i.Status.Conditions }

// SetObservedGeneration records the generation of the spec that the status describes.
func (i *Invitation) SetObservedGeneration(g int64) { i.Status.ObservedGeneration = g }

// GetIdentity returns the recorded identity, or nil if none is recorded.
func (i *Invitation) GetIdentity() *Identity { return i.Status.Identity }

// SetIdentity records the identity.
func (i *Invitation) SetIdentity(identity *Identity) { i.Status.Identity = identity }
