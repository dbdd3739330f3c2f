// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// OrganizationSpec is the wished organization.
type OrganizationSpec struct {
	// profile describes the organization (WXP-1).
	// +optional
	Profile OrganizationProfile `json:"profile,omitempty,omitzero"`
	// primaryAdministrator is the organization's first contact. It carries no role by itself, except that an organization
	// without any user starts with this person as its first, invited, administrator (WXP-3).
	// +optional
	PrimaryAdministrator *PrimaryAdministrator `json:"primaryAdministrator,omitempty"`
	// billing is where invoices go and how they are paid.
	// +optional
	Billing Billing `json:"billing,omitempty,omitzero"`
	// subscription is the plan and the modules bought, with their seats.
	// +optional
	Subscription Subscription `json:"subscription,omitempty,omitzero"`
	// settings hold for all workspaces of the organization (GTA-14).
	// +optional
	Settings OrganizationSettings `json:"settings,omitempty,omitzero"`
	// contacts receive the organization's alerts and reports (GTA-12).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Contacts []Contact `json:"contacts,omitempty"`
	// delegates are identities that act with a role without being people, a GitOps controller for example. They take no
	// seat and count as no administrator.
	// +optional
	// +listType=map
	// +listMapKey=username
	// +kubebuilder:validation:MaxItems=32
	Delegates []Delegate `json:"delegates,omitempty"`
	// deletionProtection refuses, while it is Enabled, the organization's deletion (ORG-25).
	// +optional
	// +default="Disabled"
	DeletionProtection Switch `json:"deletionProtection,omitempty"`
}

// OrganizationProfile describes the organization (WXP-1, WXP-2).
type OrganizationProfile struct {
	// displayName is the organization's name in mails and pages; absent: the object's name.
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// customerID is the platform's number for this customer. It is set once.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	CustomerID string `json:"customerID,omitempty"`
	// size is the number of employees.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000
	Size int32 `json:"size,omitempty"`
	// address is the head office.
	// +optional
	Address Address `json:"address,omitempty,omitzero"`
	// timeZone is the IANA zone in which times are shown; absent: UTC.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`
}

// Address is a postal address.
type Address struct {
	// street is the street with the number.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	Street string `json:"street,omitempty"`
	// city is the town.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	City string `json:"city,omitempty"`
	// region is the province or state.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	Region string `json:"region,omitempty"`
	// postalCode is the postal code, as text.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	PostalCode string `json:"postalCode,omitempty"`
	// country is an ISO 3166-1 alpha-2 code.
	// +optional
	Country CountryCode `json:"country,omitempty"`
}

// PrimaryAdministrator is the organization's first contact (WXP-3).
type PrimaryAdministrator struct {
	// name is the person's name.
	// +optional
	Name DisplayName `json:"name,omitempty"`
	// email is the person's address.
	// +required
	Email EmailAddress `json:"email,omitempty"`
	// phone is the person's number in E.164 form.
	// +optional
	Phone PhoneNumber `json:"phone,omitempty"`
}

// Billing is where invoices go and how they are paid (ORG-6).
type Billing struct {
	// email is where invoices are sent.
	// +optional
	Email EmailAddress `json:"email,omitempty"`
	// taxID is the organization's tax number.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	TaxID string `json:"taxID,omitempty"`
	// address is the invoice address; absent: the profile's.
	// +optional
	Address Address `json:"address,omitempty,omitzero"`
	// paymentSecretRef names the Secret with payment details, which only the billing roles can read.
	// +optional
	PaymentSecretRef *SecretReference `json:"paymentSecretRef,omitempty"`
}

// SecretReference names a Secret in the organization's namespace.
type SecretReference struct {
	// name is the Secret's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be the name of a Secret: lower-case letters, digits, hyphens and dots"
	Name string `json:"name,omitempty"`
}

// Subscription is what the organization has bought.
type Subscription struct {
	// plan is the name of the plan.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	Plan string `json:"plan,omitempty"`
	// modules are the products bought, with their seats (GTA-11).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=32
	Modules []Module `json:"modules,omitempty"`
}

// Module is a product with a number of seats (GTA-11).
type Module struct {
	// name identifies the module.
	// +required
	Name ObjectName `json:"name,omitempty"`
	// seats is how many people can have the module at the same time.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Seats *int32 `json:"seats,omitempty"`
	// clusterRoleName is the ClusterRole that the module adds in each workspace in force; the platform team must have
	// labelled it accounts.usher.dev/grantable=true.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[/%\s\pZ\pC]') && self != '.' && self != '..'`,message="must be the name of a ClusterRole: no slash, percent sign or white space"
	ClusterRoleName string `json:"clusterRoleName,omitempty"`
}

// OrganizationSettings hold for all workspaces; those that WorkspaceSettings has too can be overridden (GTA-14).
type OrganizationSettings struct {
	// language is the language of mails and pages; absent: en.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
	// sessionRecording tells whether remote sessions are recorded; absent: Disabled.
	// +optional
	SessionRecording Switch `json:"sessionRecording,omitempty"`
	// invitationValidityDays is how many days a link can be used; absent: 7. It cannot be overridden.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=365
	InvitationValidityDays int32 `json:"invitationValidityDays,omitempty"`
	// emailConfirmation tells whether a second mail confirms the address; absent: Required. It cannot be overridden.
	// +optional
	EmailConfirmation Confirmation `json:"emailConfirmation,omitempty"`
	// workspaceAssignment tells whether every user must be in a workspace; absent: Optional. It cannot be overridden
	// (GTA-5).
	// +optional
	WorkspaceAssignment Assignment `json:"workspaceAssignment,omitempty"`
	// reports say when contacts get reports; absent: on Mondays at 8. They cannot be overridden (GTA-12).
	// +optional
	Reports ReportSettings `json:"reports,omitempty,omitzero"`
}

// Delegate is an identity that acts with a role without being a person (WXP-5).
type Delegate struct {
	// username is the Kubernetes user name, a service account's for example.
	// +required
	Username Username `json:"username,omitempty"`
	// role is what the identity may do.
	// +required
	Role Role `json:"role,omitempty"`
}

// OrganizationStatus is the organization in force.
type OrganizationStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// administrators are the names of the OrgUsers in force as organization administrators: the ledger that keeps an
	// organization from being without one (ORG-4).
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
	// modules are the seats bought and taken. A module that is bought no longer stays, with no seats, while it is in force
	// for somebody who leaves.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=256
	Modules []ModuleStatus `json:"modules,omitempty"`
	// groups are the groups that users are in or that workspaces name, with their numbers of users, in the order of names
	// (LMI-9). Of more than 10,000, the first ones are listed.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10000
	Groups []GroupStatus `json:"groups,omitempty"`
	// contacts are the contacts with their assignees in force.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Contacts []ContactStatus `json:"contacts,omitempty"`
	// notices are the alerts and reports that the contacts get.
	// +optional
	Notices NoticesStatus `json:"notices,omitempty,omitzero"`
	// conditions are Ready, and while they are true Reconciling and Stalled.
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
	// limited is how many of all users are Limited accounts (LMI-2).
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
	// holders are the names of the OrgUsers who have a seat, in the order in which they came: the ledger that keeps a module
	// from having more users than seats (GTA-11).
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Holders []string `json:"holders,omitempty"`
	// leaving are the names of those who had a seat, and whose seats are free once the module is seen to be in force for them
	// no longer. Until then nobody else gets them, and they count as used.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Leaving []string `json:"leaving,omitempty"`
}

// GroupStatus counts a group.
type GroupStatus struct {
	// name is the group's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// users is the number of users who are in the group, those who are being removed not counted.
	// +required
	// +kubebuilder:validation:Minimum=0
	Users *int32 `json:"users,omitempty"`
}

// Organization is a customer organization. It is named after its namespace, so there is one a namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=org,categories=usher
// +kubebuilder:printcolumn:name="Display Name",type=string,JSONPath=`.spec.profile.displayName`
// +kubebuilder:printcolumn:name="Users",type=integer,JSONPath=`.status.users.total`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.users.pending`
// +kubebuilder:printcolumn:name="Workspaces",type=integer,JSONPath=`.status.workspaces`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.spec) || !has(oldSelf.spec.profile) || !has(oldSelf.spec.profile.customerID) || (has(self.spec) && has(self.spec.profile) && has(self.spec.profile.customerID) && self.spec.profile.customerID == oldSelf.spec.profile.customerID)",message="is set once: it cannot be changed or removed",fieldPath=".spec.profile.customerID",reason=FieldValueForbidden
type Organization struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the wished organization.
	// +optional
	Spec OrganizationSpec `json:"spec,omitempty,omitzero"`
	// status is the organization in force.
	// +optional
	Status OrganizationStatus `json:"status,omitempty,omitzero"`
}

// OrganizationList is a list of Organizations.
//
// +kubebuilder:object:root=true
type OrganizationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Organization `json:"items"`
}

// GetConditions gives the conditions, for the code that writes them for all kinds alike.
func (o *Organization) GetConditions() *[]metav1.Condition { return &o.Status.Conditions }

// SetObservedGeneration records the generation that the status is about.
func (o *Organization) SetObservedGeneration(g int64) { o.Status.ObservedGeneration = g }
