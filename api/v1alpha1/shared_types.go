// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Role is what a person or a delegate may do in the organization.
//
// +enum
// +kubebuilder:validation:Enum=OrganizationAdmin;BillingAdmin;FinanceAdmin;UserAdmin;Technician;Member;NotificationsOnly
type Role string

const (
	// RoleOrganizationAdmin manages everything, has Admin access to every workspace, and can delete the organization.
	RoleOrganizationAdmin Role = "OrganizationAdmin"
	// RoleBillingAdmin manages billing and the subscription, and views everything else.
	RoleBillingAdmin Role = "BillingAdmin"
	// RoleFinanceAdmin manages the profile, settings, contacts, billing and workspaces, and views the subscription and
	// the users.
	RoleFinanceAdmin Role = "FinanceAdmin"
	// RoleUserAdmin manages workspaces, users with the role Member and the workspaces of all users, and views the
	// profile, settings, contacts and billing.
	RoleUserAdmin Role = "UserAdmin"
	// RoleTechnician views everything and changes nothing.
	RoleTechnician Role = "Technician"
	// RoleMember has access to the workspaces granted, and to nothing else.
	RoleMember Role = "Member"
	// RoleNotificationsOnly receives notifications and has no access.
	RoleNotificationsOnly Role = "NotificationsOnly"
)

// AccountAccess is the kind of an account: full or limited.
//
// +enum
// +kubebuilder:validation:Enum=Full;Limited
type AccountAccess string

const (
	// AccessFull is for the organization's own people.
	AccessFull AccountAccess = "Full"
	// AccessLimited is for outsiders who need help occasionally.
	AccessLimited AccountAccess = "Limited"
)

// WorkspaceAccess is what a person may do in a workspace's namespace, through the ClusterRole of the same name.
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

// Identity is what identifies an object beyond its name: the UID that links in mails contain, and the creation time by which
// accounts are told apart. Both change when the object is restored from a backup, and its identity stays in its status. It
// counts only on the object with that namespace and name, so a copied status identifies nothing else.
type Identity struct {
	// uid is the UID that the object had when its status was first written.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`
	// namespace is the namespace of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
	// name is the name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
	// creationTime is when the object was first created.
	// +required
	CreationTime metav1.Time `json:"creationTime,omitempty,omitzero"` //nolint:kubeapilinter // every object has a creation time
}

// Switch is a setting that is either on or off.
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

// Confirmation says whether invited people must confirm their address through a second mail.
//
// +enum
// +kubebuilder:validation:Enum=Required;Skipped
type Confirmation string

const (
	// ConfirmationRequired sends the second mail. The person becomes active by confirming.
	ConfirmationRequired Confirmation = "Required"
	// ConfirmationSkipped sends no second mail. The person becomes active by submitting the registration form.
	ConfirmationSkipped Confirmation = "Skipped"
)

// Assignment says whether every user must be in at least one workspace.
//
// +enum
// +kubebuilder:validation:Enum=Optional;Required
type Assignment string

const (
	// AssignmentOptional allows users without a workspace.
	AssignmentOptional Assignment = "Optional"
	// AssignmentRequired requires at least one workspace for every user.
	AssignmentRequired Assignment = "Required"
)

// AccessMails says whether people are told by mail when their access changes.
//
// +enum
// +kubebuilder:validation:Enum=Daily;Never
type AccessMails string

const (
	// AccessMailsDaily tells a person of all changes in one mail, at most once a day.
	AccessMailsDaily AccessMails = "Daily"
	// AccessMailsNever tells nobody.
	AccessMailsNever AccessMails = "Never"
)

// EmailAddress is a bare email address, without display name or comment.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\pC\pZ@,;:<>()\[\]"\\]{1,64}@')`,message="must be a bare email address such as ana@acme.example"
// +kubebuilder:validation:XValidation:rule="self.indexOf('@') == self.lastIndexOf('@')",message="must be one email address, such as ana@acme.example, with one @"
// +kubebuilder:validation:XValidation:rule=`self.matches(r'@[-\pL\pN\pM]+\.[-.\pL\pN\pM]+$')`,message="must be an email address such as ana@acme.example: the @ must be followed by a domain of at least two labels"
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'^\.|\.[.@]|@-|[-.]$|@.*(\.-|-\.)')`,message="must be an email address such as ana@acme.example, without a dot at either end or next to another dot, and without a domain label that starts or ends with a hyphen"
type EmailAddress string

// PhoneNumber is a phone number in E.164 format.
//
// +kubebuilder:validation:MinLength=8
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self.matches('^[+][1-9][0-9]{6,14}$')",message="must be a phone number in E.164 format such as +34600000001"
type PhoneNumber string

// LanguageTag is a BCP 47 language tag. Usher ships with es and en; for other languages it uses the closest of them.
//
// +kubebuilder:validation:MinLength=2
// +kubebuilder:validation:MaxLength=35
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$')`,message="must be a BCP 47 language tag such as es or en-GB"
type LanguageTag string

// TimeZone is the name of a time zone in the IANA database.
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

// Username is the name of a Kubernetes user. Names that Kubernetes reserves for itself are not allowed, except for
// service accounts.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=384
// +kubebuilder:validation:XValidation:rule=`!self.startsWith('system:') || self.matches(r'^system:serviceaccount:[a-z0-9]([-a-z0-9]*[a-z0-9])?:[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')`,message="must not start with system: unless it is a service account (system:serviceaccount:<namespace>:<name>)"
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\s\pZ\pC]')`,message="must not contain whitespace or control characters"
type Username string

// ObjectName is the name of another object in the same namespace.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must consist of lowercase letters, digits and hyphens, and must start and end with a letter or digit"
type ObjectName string

// DisplayName is a name that is shown to people. It is a single line of text.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}]')`,message="must be a single line without control characters or characters that change the direction of text"
// +kubebuilder:validation:XValidation:rule=`self.matches(r'[^\s\pZ\pC]')`,message="must not be blank"
type DisplayName string

// WorkspaceGrant is access to one workspace.
type WorkspaceGrant struct {
	// name is the name of the Workspace in the organization's namespace.
	// +required
	Name ObjectName `json:"name,omitempty"`
	// access is what the person may do in the workspace's namespace:
	//
	//   - Admin manages nearly everything in it, RoleBindings included (the ClusterRole admin).
	//   - Edit reads and changes most things in it, but no Roles and RoleBindings (the ClusterRole edit).
	//   - View reads most things in it, but no Secrets, Roles and RoleBindings (the ClusterRole view).
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
}

// Contact is a destination of alerts and reports. It can be a user or somebody without access.
type Contact struct {
	// name identifies the contact in its list.
	// +required
	Name DisplayName `json:"name,omitempty"`
	// assignee is the address of the user who is responsible for the contact. If unset, nobody is. It grants nothing.
	// +optional
	Assignee EmailAddress `json:"assignee,omitempty"`
	// methods are the ways to reach the contact, at most 16. Messages go to all of them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Methods []ContactMethod `json:"methods,omitempty"`
	// notify says what the contact receives: Alerts are messages about something that needs attention, and Reports are
	// scheduled summaries. If empty, it receives nothing.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	Notify []Notification `json:"notify,omitempty"`
}

// ContactMethodType is a kind of way to reach a contact.
//
// +enum
// +kubebuilder:validation:Enum=Email;Phone;SMS
type ContactMethodType string

const (
	// MethodEmail is an email address.
	MethodEmail ContactMethodType = "Email"
	// MethodPhone is a phone number for calls.
	MethodPhone ContactMethodType = "Phone"
	// MethodSMS is a phone number for text messages.
	MethodSMS ContactMethodType = "SMS"
)

// ContactMethod is one way to reach a contact.
//
// +kubebuilder:validation:XValidation:rule=`self.type != 'Email' || self.value.matches(r'^[^\pC\pZ@,;:<>()\[\]"\\]{1,64}@[-\pL\pN\pM]+\.[-.\pL\pN\pM]+$') && !self.value.matches(r'^\.|\.[.@]|@-|[-.]$|@.*(\.-|-\.)')`,message="must be an email address such as guardia@acme.example when the type is Email",fieldPath=".value"
// +kubebuilder:validation:XValidation:rule=`self.type == 'Email' || self.value.matches(r'^[+][1-9][0-9]{6,14}$')`,message="must be a phone number in E.164 format such as +34600000001 when the type is Phone or SMS",fieldPath=".value"
type ContactMethod struct {
	// type is the kind of destination that value holds: Email, Phone for calls, or SMS for text messages.
	// +required
	Type ContactMethodType `json:"type,omitempty"`
	// value is an email address if the type is Email, or a phone number in E.164 format if it is Phone or SMS.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	Value string `json:"value,omitempty"`
}

// Notification is a kind of message that a contact can receive.
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

// UnassignedReason says why a contact that names an assignee has none in force.
//
// +enum
// +kubebuilder:validation:Enum=Unknown;NotActive;Removed
type UnassignedReason string

const (
	// UnassignedUnknown means that no user has the address.
	UnassignedUnknown UnassignedReason = "Unknown"
	// UnassignedNotActive means that the user is invited or suspended. The contact is assigned once the user is active.
	UnassignedNotActive UnassignedReason = "NotActive"
	// UnassignedRemoved means that the assigned user has been removed. A later user with the same address is a different
	// person: to assign that user, remove the assignee from the spec and set it again.
	UnassignedRemoved UnassignedReason = "Removed"
)

// ContactStatus is a contact's assignee in force, with what Usher remembers about it.
type ContactStatus struct {
	// name is the name of the contact.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name,omitempty"`
	// assignee is the address of the assignee in force. If empty, the contact is unassigned.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	Assignee string `json:"assignee,omitempty"`
	// reason says why the assignee that the spec names is not in force:
	//
	//   - Unknown: no user has the address.
	//   - NotActive: the user is invited or suspended, and is assigned once active.
	//   - Removed: the assigned user was removed. To assign another user with the same address, remove the assignee from the
	//     spec and set it again.
	// +optional
	Reason UnassignedReason `json:"reason,omitempty"`
	// observedAssignee is the assignee in the spec that this entry describes. As long as it stays the same, nobody but
	// the user who was assigned first is assigned.
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
