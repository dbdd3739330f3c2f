// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Role is what a person may do in the organization (ORG-1, NOV-5..7, GTA-2).
//
// +enum
// +kubebuilder:validation:Enum=OrganizationAdmin;BillingAdmin;FinanceAdmin;UserAdmin;Technician;Member;NotificationsOnly
type Role string

const (
	// RoleOrganizationAdmin manages everything and is in every workspace (ORG-2, ORG-3).
	RoleOrganizationAdmin Role = "OrganizationAdmin"
	// RoleBillingAdmin manages billing and subscription (ORG-5, ORG-6).
	RoleBillingAdmin Role = "BillingAdmin"
	// RoleFinanceAdmin manages everything but subscription, users and the organization's deletion (NOV-6).
	RoleFinanceAdmin Role = "FinanceAdmin"
	// RoleUserAdmin manages members and workspaces (ORG-8 to ORG-13).
	RoleUserAdmin Role = "UserAdmin"
	// RoleTechnician sees everything and changes nothing (GTA-2).
	RoleTechnician Role = "Technician"
	// RoleMember sees the workspaces granted (ORG-14).
	RoleMember Role = "Member"
	// RoleNotificationsOnly receives notifications and has no access (NOV-7).
	RoleNotificationsOnly Role = "NotificationsOnly"
)

// AccountAccess tells a full account from a limited one (LMI-1).
//
// +enum
// +kubebuilder:validation:Enum=Full;Limited
type AccountAccess string

const (
	// AccessFull is an account of the organization's own people.
	AccessFull AccountAccess = "Full"
	// AccessLimited is an account of an outsider who needs help now and then (LMI-2).
	AccessLimited AccountAccess = "Limited"
)

// WorkspaceAccess is the access of a person in a workspace's namespace, by the ClusterRole of the same name.
//
// +enum
// +kubebuilder:validation:Enum=Admin;Edit;View
type WorkspaceAccess string

const (
	// WorkspaceAdmin binds the ClusterRole admin.
	WorkspaceAdmin WorkspaceAccess = "Admin"
	// WorkspaceEdit binds the ClusterRole edit.
	WorkspaceEdit WorkspaceAccess = "Edit"
	// WorkspaceView binds the ClusterRole view.
	WorkspaceView WorkspaceAccess = "View"
)

// Switch is a setting with two positions.
//
// +enum
// +kubebuilder:validation:Enum=Enabled;Disabled
type Switch string

const (
	// SwitchEnabled is on.
	SwitchEnabled Switch = "Enabled"
	// SwitchDisabled is off.
	SwitchDisabled Switch = "Disabled"
)

// Confirmation tells whether a second mail confirms an address.
//
// +enum
// +kubebuilder:validation:Enum=Required;Skipped
type Confirmation string

const (
	// ConfirmationRequired sends the second mail.
	ConfirmationRequired Confirmation = "Required"
	// ConfirmationSkipped takes the registration as it comes.
	ConfirmationSkipped Confirmation = "Skipped"
)

// Assignment tells whether every user must be in a workspace.
//
// +enum
// +kubebuilder:validation:Enum=Optional;Required
type Assignment string

const (
	// AssignmentOptional lets users be in none.
	AssignmentOptional Assignment = "Optional"
	// AssignmentRequired asks for at least one (GTA-5).
	AssignmentRequired Assignment = "Required"
)

// EmailAddress is a bare mail address, without display name or comment.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\pC\pZ@,;:<>()\[\]"\\]{1,64}@')`,message="must be a bare e-mail address such as ana@acme.example"
// +kubebuilder:validation:XValidation:rule="self.indexOf('@') == self.lastIndexOf('@')",message="must be one e-mail address, such as ana@acme.example, with one @"
// +kubebuilder:validation:XValidation:rule=`self.matches(r'@[-\pL\pN\pM]+\.[-.\pL\pN\pM]+$')`,message="must be an e-mail address such as ana@acme.example: after the @ a domain of two or more labels"
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'^\.|\.[.@]|@-|[-.]$|@.*(\.-|-\.)')`,message="must be an e-mail address such as ana@acme.example: no dot at either end or next to another dot, no domain label with a hyphen at either end"
type EmailAddress string

// PhoneNumber is a telephone number in E.164 form.
//
// +kubebuilder:validation:MinLength=8
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self.matches('^[+][1-9][0-9]{6,14}$')",message="must be a phone number in E.164 form such as +34600000001"
type PhoneNumber string

// LanguageTag is a BCP 47 language tag; es and en ship with Usher, others fall back to the closest of them.
//
// +kubebuilder:validation:MinLength=2
// +kubebuilder:validation:MaxLength=35
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$')`,message="must be a BCP 47 language tag such as es or en-GB"
type LanguageTag string

// TimeZone is the name of a zone in the IANA time zone database.
//
// +kubebuilder:validation:MinLength=2
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$')",message="must be an IANA time zone such as Europe/Madrid"
type TimeZone string

// CountryCode is an ISO 3166-1 alpha-2 country code.
//
// +kubebuilder:validation:MinLength=2
// +kubebuilder:validation:MaxLength=2
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z]{2}$')",message="must be an ISO 3166-1 alpha-2 country code such as ES"
type CountryCode string

// HTTPSURL is an absolute URL with the scheme https.
//
// +kubebuilder:validation:MinLength=9
// +kubebuilder:validation:MaxLength=2048
// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && size(url(self).getHostname()) > 0 && !self.contains(' ')",message="must be an https URL such as https://cdn.acme.example/ana.png"
type HTTPSURL string

// Username is the name of a Kubernetes user. Names that Kubernetes reserves for itself are refused, service accounts
// excepted.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule=`!self.startsWith('system:') || self.matches(r'^system:serviceaccount:[a-z0-9]([-a-z0-9]*[a-z0-9])?:[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')`,message="must not start with system: unless it is a service account (system:serviceaccount:<namespace>:<name>)"
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\s\pZ\pC]')`,message="must not hold white space or control characters"
type Username string

// ObjectName is the name of another object in the same namespace.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be a lower-case name of letters, digits and hyphens"
type ObjectName string

// DisplayName is a name shown to people: one line of text.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}]')`,message="must be one line without control characters"
// +kubebuilder:validation:XValidation:rule=`self.matches(r'[^\s\pZ\pC]')`,message="must not be blank"
type DisplayName string

// WorkspaceGrant is the wished or granted access to one workspace.
type WorkspaceGrant struct {
	// name is the Workspace's name in the organization's namespace.
	// +required
	Name ObjectName `json:"name,omitempty"`
	// access is what the person may do in the workspace's namespace.
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
}

// Contact is a destination of alerts and reports, for a user or for somebody without access (GTA-12).
type Contact struct {
	// name identifies the contact in its list.
	// +required
	Name DisplayName `json:"name,omitempty"`
	// assignee is the address of the user who is responsible; absent: nobody.
	// +optional
	Assignee EmailAddress `json:"assignee,omitempty"`
	// methods are the ways in which the contact is reached (GTA-13).
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Methods []ContactMethod `json:"methods,omitempty"`
	// notify says what the contact receives.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	Notify []Notification `json:"notify,omitempty"`
}

// ContactMethodType is a way to reach a contact (GTA-13).
//
// +enum
// +kubebuilder:validation:Enum=Email;Phone;SMS
type ContactMethodType string

const (
	// MethodEmail is a mail address.
	MethodEmail ContactMethodType = "Email"
	// MethodPhone is a number for calls.
	MethodPhone ContactMethodType = "Phone"
	// MethodSMS is a number for short messages.
	MethodSMS ContactMethodType = "SMS"
)

// ContactMethod is one way to reach a contact.
//
// +kubebuilder:validation:XValidation:rule=`self.type != 'Email' || self.value.matches(r'^[^\pC\pZ@,;:<>()\[\]"\\]{1,64}@[-\pL\pN\pM]+\.[-.\pL\pN\pM]+$') && !self.value.matches(r'^\.|\.[.@]|@-|[-.]$|@.*(\.-|-\.)')`,message="must be an e-mail address, such as guardia@acme.example, for the type Email",fieldPath=".value"
// +kubebuilder:validation:XValidation:rule=`self.type == 'Email' || self.value.matches(r'^[+][1-9][0-9]{6,14}$')`,message="must be a phone number in E.164 form, such as +34600000001, for the types Phone and SMS",fieldPath=".value"
type ContactMethod struct {
	// type is the kind of the value.
	// +required
	Type ContactMethodType `json:"type,omitempty"`
	// value is a mail address for Email, an E.164 number for Phone and SMS.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	Value string `json:"value,omitempty"`
}

// Notification is a stream that a contact can receive.
//
// +enum
// +kubebuilder:validation:Enum=Alerts;Reports
type Notification string

const (
	// NotifyAlerts are messages about something that needs attention.
	NotifyAlerts Notification = "Alerts"
	// NotifyReports are scheduled summaries.
	NotifyReports Notification = "Reports"
)

// UnassignedReason tells why a contact that names an assignee has none in force (ORG-27).
//
// +enum
// +kubebuilder:validation:Enum=Unknown;NotActive;Removed
type UnassignedReason string

const (
	// UnassignedUnknown is an address that no user has.
	UnassignedUnknown UnassignedReason = "Unknown"
	// UnassignedNotActive is a user who is invited or suspended: the contact is assigned once the user is active.
	UnassignedNotActive UnassignedReason = "NotActive"
	// UnassignedRemoved is a user who was assigned and is removed. Whoever has the address later is somebody else: take the
	// assignee out and set it again to assign that user.
	UnassignedRemoved UnassignedReason = "Removed"
)

// ContactStatus is a contact's assignee in force, and what is remembered of it.
type ContactStatus struct {
	// name is the contact's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name,omitempty"`
	// assignee is the address in force; empty: unassigned (ORG-27).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	Assignee string `json:"assignee,omitempty"`
	// reason tells why the assignee that the spec names is not in force.
	// +optional
	Reason UnassignedReason `json:"reason,omitempty"`
	// observedAssignee is the spec's assignee that this entry is about. While it stays the same, nobody else than the user who
	// was assigned first is assigned.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	ObservedAssignee string `json:"observedAssignee,omitempty"`
	// assigneeUID is the UID of the OrgUser who was assigned first.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	AssigneeUID string `json:"assigneeUID,omitempty"`
}
