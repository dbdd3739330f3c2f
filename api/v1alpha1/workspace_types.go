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
	// DeletionRetain keeps the namespace with all that is in it; access to it is taken back.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete deletes the namespace with all that is in it.
	DeletionDelete DeletionPolicy = "Delete"
)

// WorkspaceSpec is the wished workspace (GTA-3, GTA-4).
type WorkspaceSpec struct {
	// displayName is the workspace's name in mails and pages; absent: the object's name.
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// namespace is the Kubernetes namespace that the workspace owns. It starts with "<organization>-"; absent:
	// "<organization>-<name>". It cannot be changed.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="is immutable: make another workspace for another namespace"
	Namespace ObjectName `json:"namespace,omitempty"`
	// deletionPolicy says what happens to that namespace when the Workspace is deleted.
	// +optional
	// +default="Retain"
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
	// members are the people and groups with access, beside the organization administrators (ORG-2, ORG-23).
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	Members []WorkspaceMember `json:"members,omitempty"`
	// contacts receive the workspace's alerts and reports (GTA-12).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Contacts []Contact `json:"contacts,omitempty"`
	// devices are the workspace's inventory (GTA-6).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=1000
	Devices []Device `json:"devices,omitempty"`
	// portal is the page on which customers ask for help; absent: no page (GTA-7).
	// +optional
	Portal *CustomerPortal `json:"portal,omitempty"`
	// settings override the organization's (GTA-14).
	// +optional
	Settings WorkspaceSettings `json:"settings,omitempty,omitzero"`
}

// MemberAddress is a mail address as EmailAddress. It is the webhook that refuses others: of a list this long, the API server
// would check each entry's rules again at every write, those of the status as well.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
type MemberAddress string

// WorkspaceMember gives a person or a group access to the workspace. An entry has either an email or a group.
type WorkspaceMember struct {
	// email is a person's address.
	// +optional
	Email MemberAddress `json:"email,omitempty"`
	// group is the name of a group, see OrgUser.spec.groups.
	// +optional
	Group ObjectName `json:"group,omitempty"`
	// access is what the person or the group's people may do in the workspace's namespace.
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
}

// Device is a machine in the workspace's inventory (GTA-6).
type Device struct {
	// name identifies the device in the workspace.
	// +required
	Name ObjectName `json:"name,omitempty"`
	// serialNumber is the maker's number. It is unique in the organization, whatever the case of its letters and the white
	// space around it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be one line of text, without control characters and not blank"
	SerialNumber string `json:"serialNumber,omitempty"`
	// assignee is the address of the person who uses the device; an unknown address becomes a Limited account (LMI-4).
	// +optional
	Assignee EmailAddress `json:"assignee,omitempty"`
}

// CustomerPortal is the page on which customers ask for help (GTA-7).
type CustomerPortal struct {
	// title is the page's heading.
	// +required
	Title DisplayName `json:"title,omitempty"`
	// queueEmail is where questions are sent (GTA-8).
	// +required
	QueueEmail EmailAddress `json:"queueEmail,omitempty"`
	// intakeEmail is the address at which Usher takes mails to the queue in; their senders become Limited accounts (LMI-3).
	// It belongs to one workspace of all organizations. Absent: no mails are taken in.
	// +optional
	IntakeEmail EmailAddress `json:"intakeEmail,omitempty"`
	// introduction is plain text above the form, its line breaks kept.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1000
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')`,message="must be plain text: line breaks and tabs are its only control characters"
	Introduction string `json:"introduction,omitempty"`
	// accentColor is the color of buttons and links. It is darkened, on dark screens lightened, as far as it takes to be
	// read well. Absent: Usher's own.
	// +optional
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:XValidation:rule="self.matches('^#[0-9A-Fa-f]{6}$')",message="must be a color such as #0F5F5C"
	AccentColor string `json:"accentColor,omitempty"`
	// hours are when technicians are at hand, in the organization's time zone; outside of them the page says until when a
	// question waits. Absent: the page says nothing about it (GTA-8).
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=14
	Hours []OpeningHours `json:"hours,omitempty"`
}

// OpeningHours are a time of the day, on some days of the week.
//
// +kubebuilder:validation:XValidation:rule="self.opens < self.closes",message="must open before it closes: write hours past midnight as two entries, the first of which closes at 24:00"
type OpeningHours struct {
	// days are the days of the week.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`
	// opens is the time of the day when they begin, 00:00 to 23:59.
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="must be a time of the day such as 09:00"
	Opens string `json:"opens,omitempty"`
	// closes is the time of the day when they end, 00:01 to 24:00.
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')",message="must be a time of the day such as 18:00, or 24:00"
	Closes string `json:"closes,omitempty"`
}

// WorkspaceSettings are the settings that a workspace can override; absent ones are the organization's (GTA-14).
type WorkspaceSettings struct {
	// language is the language of mails and pages.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
	// sessionRecording tells whether remote sessions are recorded.
	// +optional
	SessionRecording Switch `json:"sessionRecording,omitempty"`
}

// SettingOrigin tells where a setting in force comes from.
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
	// name is the setting's field name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Name string `json:"name,omitempty"`
	// value is the value in force.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Value string `json:"value,omitempty"`
	// origin tells where the value comes from.
	// +required
	Origin SettingOrigin `json:"origin,omitempty"`
}

// WorkspaceStatus is the workspace in force.
type WorkspaceStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// namespace is the namespace that the workspace owns; empty while there is none.
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
	// devices is the number of devices in force: all but those whose serial number another device has.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Devices *int32 `json:"devices,omitempty"`
	// settings are the settings in force.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	Settings []SettingStatus `json:"settings,omitempty"`
	// notices are the alerts and reports that the workspace's contacts get.
	// +optional
	Notices NoticesStatus `json:"notices,omitempty,omitzero"`
	// conditions are Ready, and while they are true Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// Workspace is a part of the organization with a namespace of its own (GTA-3).
//
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63 && !self.metadata.name.contains('.')",message="the name must be at most 63 lower-case letters, digits and hyphens"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ws,categories=usher
// +kubebuilder:selectablefield:JSONPath=`.spec.namespace`
// +kubebuilder:printcolumn:name="Display Name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Namespace",type=string,JSONPath=`.status.namespace`
// +kubebuilder:printcolumn:name="Members",type=integer,JSONPath=`.status.members`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="(has(self.spec) && has(self.spec.__namespace__)) == (has(oldSelf.spec) && has(oldSelf.spec.__namespace__))",message="is immutable: it cannot be set or removed later",fieldPath=".spec.namespace",reason=FieldValueForbidden
type Workspace struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the wished workspace.
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

// GetConditions gives the conditions, for the code that writes them for all kinds alike.
func (w *Workspace) GetConditions() *[]metav1.Condition { return &w.Status.Conditions }

// SetObservedGeneration records the generation that the status is about.
func (w *Workspace) SetObservedGeneration(g int64) { w.Status.ObservedGeneration = g }
