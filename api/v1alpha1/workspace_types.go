// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DeletionPolicy says what happens to a workspace's namespace when the Workspace is deleted.
//
// +enum
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

const (
	// DeletionRetain keeps the namespace with everything in it. All access to it is removed.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete deletes the namespace with everything in it.
	DeletionDelete DeletionPolicy = "Delete"
)

// WorkspaceSpec is the requested workspace.
type WorkspaceSpec struct {
	// displayName is the workspace's name in mails, on pages and in lists. It can be changed at any time; the object's name
	// cannot. If unset, the object's name is used.
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// namespace is the Kubernetes namespace that the workspace owns. It must start with "<organization>-". If unset, it
	// is "<organization>-<name>". It cannot be changed.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="is immutable: to use another namespace, create another Workspace; the name that people see is spec.displayName"
	Namespace ObjectName `json:"namespace,omitempty"`
	// deletionPolicy says what happens to that namespace when the Workspace is deleted: Retain keeps it and removes all
	// access to it, and Delete deletes it with everything in it. If unset, it is Retain.
	// +optional
	// +default="Retain"
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
	// members are the people and groups with access to the workspace, at most 10,000 entries. Every OrganizationAdmin has
	// access without being listed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	Members []WorkspaceMember `json:"members,omitempty"`
	// contacts receive the workspace's alerts and reports. There are at most 64.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Contacts []Contact `json:"contacts,omitempty"`
	// devices are the workspace's inventory, at most 1,000.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=1000
	Devices []Device `json:"devices,omitempty"`
	// portal is the page on which customers ask for help. If unset, there is no page.
	// +optional
	Portal *CustomerPortal `json:"portal,omitempty"`
	// settings override those of the organization.
	// +optional
	Settings WorkspaceSettings `json:"settings,omitempty,omitzero"`
}

// MemberAddress is an email address with the same form as EmailAddress. The webhook checks it.
// ---
// A validation rule here would run again for each entry of a list this long at every write, including writes of the
// status.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
type MemberAddress string

// WorkspaceMember gives a person or a group access to the workspace. An entry has either an email or a group.
type WorkspaceMember struct {
	// email is the address of a person.
	// +optional
	Email MemberAddress `json:"email,omitempty"`
	// group is the name of a group, as in OrgUser.spec.groups.
	// +optional
	Group ObjectName `json:"group,omitempty"`
	// access is what the person, or everybody in the group, may do in the workspace's namespace:
	//
	//   - Admin manages nearly everything in it, RoleBindings included (the ClusterRole admin).
	//   - Edit reads and changes most things in it, but no Roles and RoleBindings (the ClusterRole edit).
	//   - View reads most things in it, but no Secrets, Roles and RoleBindings (the ClusterRole view).
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
}

// Device is a machine in the workspace's inventory.
type Device struct {
	// name identifies the device in the workspace.
	// +required
	Name ObjectName `json:"name,omitempty"`
	// serialNumber is the manufacturer's serial number. It is unique in the organization, regardless of case and of
	// surrounding whitespace.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	SerialNumber string `json:"serialNumber,omitempty"`
	// assignee is the address of the person who uses the device. For an unknown address, Usher creates a Limited
	// account.
	// +optional
	Assignee EmailAddress `json:"assignee,omitempty"`
}

// CustomerPortal is the page on which customers ask for help.
type CustomerPortal struct {
	// title is the heading of the page.
	// +required
	Title DisplayName `json:"title,omitempty"`
	// queueEmail is the address to which questions and mails are passed on, for example that of a ticket system. It is used
	// once its owner has confirmed it by the link in a mail, or if the platform team has allowed its domain.
	// +required
	QueueEmail EmailAddress `json:"queueEmail,omitempty"`
	// intakeEmail is the address at which Usher accepts mails to the queue. Their senders become Limited accounts. No
	// two workspaces can have the same intake address, even in different organizations. If unset, no mails are accepted.
	// +optional
	IntakeEmail EmailAddress `json:"intakeEmail,omitempty"`
	// introduction is plain text shown above the form. Line breaks are kept.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1000
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')`,message="must be plain text: line breaks and tabs are the only control characters allowed"
	Introduction string `json:"introduction,omitempty"`
	// accentColor is the color of buttons and links. It is darkened, or lightened on dark screens, as far as legibility
	// requires. If unset, it is that of the organization's branding.
	// +optional
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:XValidation:rule="self.matches('^#[0-9A-Fa-f]{6}$')",message="must be a color such as #0F5F5C"
	AccentColor string `json:"accentColor,omitempty"`
	// hours are the times at which technicians are available, in the organization's time zone. At other times the page
	// says until when a question waits. If unset, the page says nothing about it.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=14
	Hours []OpeningHours `json:"hours,omitempty"`
}

// OpeningHours are a time span on certain days of the week.
//
// +kubebuilder:validation:XValidation:rule="self.opens < self.closes",message="opens must be before closes: write hours past midnight as two entries, the first of which closes at 24:00"
type OpeningHours struct {
	// days are the days of the week, Monday to Sunday.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`
	// opens is the time of day at which the span begins, from 00:00 to 23:59.
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="must be a time of day such as 09:00"
	Opens string `json:"opens,omitempty"`
	// closes is the time of day at which the span ends, from 00:01 to 24:00.
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')",message="must be a time of day such as 18:00, or 24:00"
	Closes string `json:"closes,omitempty"`
}

// WorkspaceSettings are the settings that a workspace can override. Those that are unset are the organization's.
type WorkspaceSettings struct {
	// language is the language of mails and pages, as a language tag such as es or en-GB.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
	// sessionRecording says whether remote sessions are recorded: Enabled or Disabled.
	// +optional
	SessionRecording Switch `json:"sessionRecording,omitempty"`
}

// SettingOrigin says where a setting in force comes from.
//
// +enum
// +kubebuilder:validation:Enum=Default;Organization;Workspace
type SettingOrigin string

const (
	// OriginDefault is Usher's default.
	OriginDefault SettingOrigin = "Default"
	// OriginOrganization is Organization.spec.settings.
	OriginOrganization SettingOrigin = "Organization"
	// OriginWorkspace is Workspace.spec.settings.
	OriginWorkspace SettingOrigin = "Workspace"
)

// SettingStatus is a setting in force.
type SettingStatus struct {
	// name is the name of the setting's field.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Name string `json:"name,omitempty"`
	// value is the value in force.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Value string `json:"value,omitempty"`
	// origin says where the value comes from: Usher's Default, spec.settings of the Organization, or those of the Workspace.
	// +required
	Origin SettingOrigin `json:"origin,omitempty"`
}

// WorkspaceStatus is the workspace in force.
type WorkspaceStatus struct {
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// namespace is the namespace that the workspace owns. It is empty while there is none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
	// members is the number of people with access in force.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Members *int32 `json:"members,omitempty"`
	// contacts are the contacts with their assignees in force.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Contacts []ContactStatus `json:"contacts,omitempty"`
	// devices is the number of devices in force: all except those whose serial number belongs to another device.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Devices *int32 `json:"devices,omitempty"`
	// settings are the settings in force.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	Settings []SettingStatus `json:"settings,omitempty"`
	// notices are the alerts and reports for the workspace's contacts.
	// +optional
	Notices NoticesStatus `json:"notices,omitempty,omitzero"`
	// queue says whether the address in spec.portal.queueEmail is used.
	// +optional
	Queue QueueStatus `json:"queue,omitempty,omitzero"`
	// staleBindings are RoleBindings in the namespace that Usher did not create, and that name users who were removed from the
	// organization. Usher leaves them alone: whoever has such a user name has their access. At most 16 are listed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	StaleBindings []StaleBinding `json:"staleBindings,omitempty"`
	// identity is what identifies the object in links and in customers' questions. It survives a restore from a backup, which
	// gives the object another UID.
	// +optional
	Identity *Identity `json:"identity,omitempty"`
	// conditions are Ready, and Reconciling and Stalled while they are true. The message of Ready says what is missing, and
	// what can be done. WithinBudget is False while messages to contacts wait for a budget of the platform.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// StaleBinding is a RoleBinding that names a user who was removed.
type StaleBinding struct {
	// name is the name of the RoleBinding.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
	// username is the Kubernetes user name that it names.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Username string `json:"username,omitempty"`
}

// QueueState says whether a queue's address is used.
//
// +enum
// +kubebuilder:validation:Enum=Requested;Confirmed;Allowed;Existing;Declined;Expired;Undeliverable
type QueueState string

const (
	// QueueRequested means that the owner of the address is asked by mail. The address is not used.
	QueueRequested QueueState = "Requested"
	// QueueConfirmed means that the owner has confirmed the address. It is used.
	QueueConfirmed QueueState = "Confirmed"
	// QueueAllowed means that the platform's configuration allows the address. It is used.
	QueueAllowed QueueState = "Allowed"
	// QueueExisting means that the address was in use before owners were asked. It is used.
	QueueExisting QueueState = "Existing"
	// QueueDeclined means that the owner has declined. The address is not used, and not asked again.
	QueueDeclined QueueState = "Declined"
	// QueueExpired means that the owner did not confirm the address in time. It is not used.
	QueueExpired QueueState = "Expired"
	// QueueUndeliverable means that the mail server permanently refused the mail to the owner. The address is not used.
	QueueUndeliverable QueueState = "Undeliverable"
)

// QueueStatus is the address of a queue and whether its owner agrees.
type QueueStatus struct {
	// email is the address that the state is about.
	// +optional
	Email EmailAddress `json:"email,omitempty"`
	// state says whether the address is used:
	//
	//   - Requested: no; its owner is asked by mail.
	//   - Confirmed: yes; its owner has confirmed it.
	//   - Allowed: yes; the platform team has allowed its domain.
	//   - Existing: yes; it was in use before owners were asked.
	//   - Declined: no; its owner has declined and is not asked again.
	//   - Expired: no; its owner did not confirm it in time.
	//   - Undeliverable: no; the mail server permanently refused the mail to its owner.
	// +optional
	State QueueState `json:"state,omitempty"`
	// sendCount is how often owners of this workspace's queues have been asked. Only the latest link works.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SendCount int32 `json:"sendCount,omitempty"`
	// expirationTime is until when the owner can confirm.
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
	// confirmationTime is when the owner confirmed.
	// +optional
	ConfirmationTime *metav1.Time `json:"confirmationTime,omitempty"`
	// observedResend is the last value of the annotation accounts.usher.dev/resend that was acted on.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ObservedResend string `json:"observedResend,omitempty"`
	// mail is the mail to the owner.
	// +optional
	Mail *MailStatus `json:"mail,omitempty"`
}

// Workspace is a division of the organization with a namespace of its own.
//
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63 && !self.metadata.name.contains('.')",message="the name must be at most 63 characters: lowercase letters, digits and hyphens"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ws,categories=usher
// +kubebuilder:selectablefield:JSONPath=`.spec.namespace`
// +kubebuilder:printcolumn:name="Display Name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Namespace",type=string,JSONPath=`.status.namespace`
// +kubebuilder:printcolumn:name="Members",type=integer,JSONPath=`.status.members`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="(has(self.spec) && has(self.spec.__namespace__)) == (has(oldSelf.spec) && has(oldSelf.spec.__namespace__))",message="is immutable: set it when you create the Workspace or not at all",fieldPath=".spec.namespace",reason=FieldValueForbidden
type Workspace struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the requested workspace.
	// +optional
	Spec WorkspaceSpec `json:"spec,omitempty,omitzero"`
	// status is the workspace in force.
	// +optional
	Status WorkspaceStatus `json:"status,omitempty,omitzero"`
}

// WorkspaceList is a list of Workspaces.
//
// +kubebuilder:object:root=true
type WorkspaceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Workspace `json:"items"`
}

// GetConditions returns the conditions, for code that writes them for every kind.
func (w *Workspace) GetConditions() *[]metav1.Condition { return &w.Status.Conditions }

// SetObservedGeneration records the generation of the spec that the status describes.
func (w *Workspace) SetObservedGeneration(g int64) { w.Status.ObservedGeneration = g }

// GetIdentity returns the recorded identity, or nil if none is recorded.
func (w *Workspace) GetIdentity() *Identity { return w.Status.Identity }

// SetIdentity records the identity.
func (w *Workspace) SetIdentity(identity *Identity) { w.Status.Identity = identity }
