// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Onboarding says how a person joins the organization.
//
// +enum
// +kubebuilder:validation:Enum=Invite;None
type Onboarding string

const (
	// OnboardingInvite sends an invitation mail. The person has access only after accepting.
	OnboardingInvite Onboarding = "Invite"
	// OnboardingNone is for an identity that exists already. The account is active at once, and the person is not invited.
	OnboardingNone Onboarding = "None"
)

// OrgUserSpec is the requested account of a person.
//
// +kubebuilder:validation:XValidation:rule="!has(self.access) || self.access != 'Limited' || self.role == 'Member'",message="Limited access requires the role Member",fieldPath=".access"
type OrgUserSpec struct {
	// email is the person's address, which identifies the account in the organization. Another address counts once the
	// person has confirmed it by the link in a mail to it; until then the former one, status.email, stays in force. It
	// counts at once if the person has not accepted yet, or if onboarding is None.
	// +required
	Email EmailAddress `json:"email,omitempty"`
	// displayName is the person's name in mails and lists. If unset, it is the name that the person gives at registration,
	// or else one derived from the address, as in Luis Gomez for luis.gomez@acme.example.
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// avatarURL is the https URL of a picture of the person. Usher never fetches it.
	// +optional
	AvatarURL HTTPSURL `json:"avatarURL,omitempty"`
	// phone is the person's phone number with the country code, such as +34600000001 (E.164).
	// +optional
	Phone PhoneNumber `json:"phone,omitempty"`
	// role is what the person may do in the organization:
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
	// access is Full for the organization's own people and Limited for outsiders. A Limited account is active without an
	// invitation, and has no role, no access to workspaces and no seats in force. An account that changes from Limited
	// to Full is invited, or not, as spec.onboarding says. If unset, it is Full.
	// +optional
	// +default="Full"
	Access AccountAccess `json:"access,omitempty"`
	// workspaces are the workspaces to which the person has direct access, at most 10. Workspaces can grant more through
	// their own spec.members; status.workspaces lists all of them.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10
	Workspaces []WorkspaceGrant `json:"workspaces,omitempty"`
	// modules are the products that the person uses, by their names in the organization's subscription, at most 32. Each of
	// them takes a seat; the person waits for one if none is free.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Modules []ObjectName `json:"modules,omitempty"`
	// groups are the groups that the person is in, at most 32. A group is a name that workspaces can have as a member; it
	// needs no declaration.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Groups []ObjectName `json:"groups,omitempty"`
	// onboarding says how the person joins: Invite sends an invitation, and the person has access after accepting it; None
	// makes the account active at once and sends nothing, for somebody who can sign in already. If unset, it is Invite.
	// +optional
	// +default="Invite"
	Onboarding Onboarding `json:"onboarding,omitempty"`
	// invitedBy is the user name or the address of the person in whose name the mail invites and who gets the answers to it.
	// People can only name themselves; platform identities and delegates can name somebody else. If it is unset, or if it
	// names nobody who is active in the organization, the organization invites. It has no effect if onboarding is None, and
	// none for people whom an Invitation invites.
	// +optional
	InvitedBy Username `json:"invitedBy,omitempty"`
	// message is plain text that is included in the mail that invites.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')`,message="must be plain text: line breaks and tabs are the only control characters allowed"
	Message string `json:"message,omitempty"`
	// username is the name by which the Kubernetes API server knows the person, used exactly as given. If unset, it is the
	// email address in lower case, as the platform team has configured (the operator's --username-prefix and
	// --username-form).
	// +optional
	Username Username `json:"username,omitempty"`
	// suspend, if true, takes away all of the person's access but keeps the account, until it is false again. If unset, it is
	// false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// OrgUser is a person's account in the organization of its namespace.
//
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name must be at most 63 characters"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ou,categories=usher
// +kubebuilder:selectablefield:JSONPath=`.spec.email`
// +kubebuilder:selectablefield:JSONPath=`.spec.access`
// +kubebuilder:selectablefield:JSONPath=`.status.role`
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:selectablefield:JSONPath=`.status.email`
// +kubebuilder:selectablefield:JSONPath=`.status.username`
// +kubebuilder:printcolumn:name="Email",type=string,JSONPath=`.spec.email`
// +kubebuilder:printcolumn:name="Role",type=string,JSONPath=`.spec.role`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Last-Active",type=string,JSONPath=`.status.lastActive`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Display-Name",type=string,JSONPath=`.status.displayName`,priority=1
// +kubebuilder:printcolumn:name="Access",type=string,JSONPath=`.spec.access`,priority=1
// +kubebuilder:printcolumn:name="Groups",type=string,JSONPath=`.spec.groups`,priority=1
// +kubebuilder:printcolumn:name="Workspaces",type=string,JSONPath=`.status.workspaceSummary`,priority=1
// +kubebuilder:printcolumn:name="Invited-By",type=string,JSONPath=`.status.invitedBy`,priority=1
type OrgUser struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the requested account.
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

// GetConditions returns the conditions, for code that writes them for every kind.
func (u *OrgUser) GetConditions() *[]metav1.Condition { return &u.Status.Conditions }

// SetObservedGeneration records the generation of the spec that the status describes.
func (u *OrgUser) SetObservedGeneration(g int64) { u.Status.ObservedGeneration = g }

// GetIdentity returns the recorded identity, or nil if none is recorded.
func (u *OrgUser) GetIdentity() *Identity { return u.Status.Identity }

// SetIdentity records the identity.
func (u *OrgUser) SetIdentity(identity *Identity) { u.Status.Identity = identity }
