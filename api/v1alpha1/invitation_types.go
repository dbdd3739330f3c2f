// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InvitationSpec is who is to be invited to what.
type InvitationSpec struct {
	// emails are the addresses to invite. An entry may hold several, separated by white space, comma or semicolon (NOV-3). An
	// address may come with a name, as in Ana Pérez <ana@acme.example>, which is then the person's display name; a name that
	// holds a comma or semicolon stands in quotes.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=3
	// +kubebuilder:validation:items:MaxLength=8192
	// +kubebuilder:validation:items:XValidation:rule=`self.matches(r'[^\s\pC\pZ,;<>"]@[^\s\pC\pZ,;<>"]')`,message="must hold e-mail addresses such as ana@acme.example or Ana Pérez <ana@acme.example>, separated by white space, comma or semicolon"
	// +kubebuilder:validation:items:XValidation:rule=`!self.matches(r'[\x00-\x08\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}\x{202A}-\x{202E}\x{2066}-\x{2069}]')`,message="must not hold control characters, nor characters that turn the direction of text"
	Emails []string `json:"emails,omitempty"`
	// role is what all of them may do in the organization (NOV-4).
	// +required
	Role Role `json:"role,omitempty"`
	// workspaces are granted to all of them; more can be granted in the workspaces themselves (ORG-22, ORG-23).
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10
	Workspaces []WorkspaceGrant `json:"workspaces,omitempty"`
	// groups are the groups that all of them come into.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Groups []ObjectName `json:"groups,omitempty"`
	// modules are the products that all of them use; each takes a seat a person.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Modules []ObjectName `json:"modules,omitempty"`
	// language is the language of mails and pages; absent: that of the workspaces if they agree, else the organization's.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
	// message is plain text that stands in the mail.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')`,message="must be plain text: line breaks and tabs are its only control characters"
	Message string `json:"message,omitempty"`
	// invitedBy is the user name of the person who invites. Usher fills it in at creation with the acting user; only
	// platform identities and delegates may name somebody else.
	// +optional
	InvitedBy Username `json:"invitedBy,omitempty"`
}

// RecipientState is where an invited person stands.
//
// +enum
// +kubebuilder:validation:Enum=Pending;Invited;Registered;Active;Declined;Expired;Revoked;Undeliverable
type RecipientState string

const (
	// RecipientPending is not invited yet.
	RecipientPending RecipientState = "Pending"
	// RecipientInvited is invited: a mail with a link is on its way or has arrived.
	RecipientInvited RecipientState = "Invited"
	// RecipientRegistered has filled in the form; a second mail confirms the address (NOV-11).
	RecipientRegistered RecipientState = "Registered"
	// RecipientActive has accepted.
	RecipientActive RecipientState = "Active"
	// RecipientDeclined has said no.
	RecipientDeclined RecipientState = "Declined"
	// RecipientExpired did not accept in time.
	RecipientExpired RecipientState = "Expired"
	// RecipientRevoked is no longer invited.
	RecipientRevoked RecipientState = "Revoked"
	// RecipientUndeliverable was refused by the mail server for good.
	RecipientUndeliverable RecipientState = "Undeliverable"
)

// MailKind is one of the mails that Usher sends to an invited person.
//
// +enum
// +kubebuilder:validation:Enum=Invitation;Confirmation;Welcome
type MailKind string

const (
	// MailInvitation holds the link to the invitation's page (NOV-8, NOV-9).
	MailInvitation MailKind = "Invitation"
	// MailConfirmation holds the link that confirms the address (NOV-11).
	MailConfirmation MailKind = "Confirmation"
	// MailWelcome tells what the person now has.
	MailWelcome MailKind = "Welcome"
)

// MailState is how far a mail has come.
//
// +enum
// +kubebuilder:validation:Enum=Queued;Sent;Failed
type MailState string

const (
	// MailQueued is to be sent, again if attempts is not zero.
	MailQueued MailState = "Queued"
	// MailSent was taken by the mail server.
	MailSent MailState = "Sent"
	// MailFailed was refused by the mail server for good.
	MailFailed MailState = "Failed"
)

// MailStatus is the newest mail to a person: the intent to send it, written before it is sent, and what came of it.
type MailStatus struct {
	// kind is which mail it is.
	// +required
	Kind MailKind `json:"kind,omitempty"`
	// state is how far it has come.
	// +required
	State MailState `json:"state,omitempty"`
	// messageID is the mail's Message-ID; a mail that is sent again carries the same.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=320
	MessageID string `json:"messageID,omitempty"`
	// attempts is how often sending was tried.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempts int32 `json:"attempts,omitempty"`
	// nextAttemptTime is when sending is tried again after a failure.
	// +optional
	NextAttemptTime *metav1.Time `json:"nextAttemptTime,omitempty"`
	// lastError is why the last attempt failed; empty after success.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	LastError string `json:"lastError,omitempty"`
}

// Registration is what a person gave on the registration form (NOV-10).
type Registration struct {
	// displayName is the name that the person goes by.
	// +required
	DisplayName DisplayName `json:"displayName,omitempty"`
	// phone is the person's number in E.164 form.
	// +optional
	Phone PhoneNumber `json:"phone,omitempty"`
	// language is the person's language.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
}

// RevocationReason tells why an invitation was taken back.
//
// +enum
// +kubebuilder:validation:Enum=AddressRemoved;InviterUnauthorized;AccessLimited
type RevocationReason string

const (
	// RevokedAddressRemoved is an address that the spec no longer names; naming it again invites anew.
	RevokedAddressRemoved RevocationReason = "AddressRemoved"
	// RevokedInviterUnauthorized is an inviter who may no longer give the role; it takes another invitation, or the role back
	// and a resend.
	RevokedInviterUnauthorized RevocationReason = "InviterUnauthorized"
	// RevokedAccessLimited is an account that was made Limited before it was accepted; making it Full again invites anew.
	RevokedAccessLimited RevocationReason = "AccessLimited"
)

// InviterKind tells with whose authority an Invitation was made.
//
// +enum
// +kubebuilder:validation:Enum=Person;Delegate;Platform
type InviterKind string

const (
	// InviterPerson is an OrgUser, whose role is looked at again when somebody accepts.
	InviterPerson InviterKind = "Person"
	// InviterDelegate is a delegate, whose role is looked at again when somebody accepts.
	InviterDelegate InviterKind = "Delegate"
	// InviterPlatform is an identity of the platform, which no role binds.
	InviterPlatform InviterKind = "Platform"
)

// OnboardingStatus is the way of one person from invited to active.
type OnboardingStatus struct {
	// state is where the person stands.
	// +required
	State RecipientState `json:"state,omitempty"`
	// sendCount is how often the person was invited; only the newest link works.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SendCount int32 `json:"sendCount,omitempty"`
	// expirationTime is until when the link can be used.
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
	// revocationReason tells why the invitation was taken back; only in the state Revoked.
	// +optional
	RevocationReason RevocationReason `json:"revocationReason,omitempty"`
	// acceptanceTime is when the person became active.
	// +optional
	AcceptanceTime *metav1.Time `json:"acceptanceTime,omitempty"`
	// mail is the newest mail to the person.
	// +optional
	Mail *MailStatus `json:"mail,omitempty"`
	// registration is what the person gave on the registration form.
	// +optional
	Registration *Registration `json:"registration,omitempty"`
}

// RecipientStatus is one invited person.
type RecipientStatus struct {
	// email is the address.
	// +required
	Email EmailAddress `json:"email,omitempty"`
	// user is the name of the OrgUser.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	User string `json:"user,omitempty"`
	// heldBy names what invites the address already, as in Invitation/team or OrgUser/luis; this Invitation waits for it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=270
	HeldBy string `json:"heldBy,omitempty"`
	// OnboardingStatus is the person's way from invited to active.
	OnboardingStatus `json:",inline"`
}

// InvitationSummary counts recipients.
type InvitationSummary struct {
	// total is the number of recipients, those among them whom the spec no longer names.
	// +required
	// +kubebuilder:validation:Minimum=0
	Total *int32 `json:"total,omitempty"`
	// pending is the number of those who can still accept.
	// +required
	// +kubebuilder:validation:Minimum=0
	Pending *int32 `json:"pending,omitempty"`
	// active is the number of those who have accepted.
	// +required
	// +kubebuilder:validation:Minimum=0
	Active *int32 `json:"active,omitempty"`
	// failed is the number of those who cannot accept: declined, expired, revoked, undeliverable.
	// +required
	// +kubebuilder:validation:Minimum=0
	Failed *int32 `json:"failed,omitempty"`
}

// InvitationStatus is what came of the invitation.
type InvitationStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// observedResend is the last value of the resend annotation that was acted on.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ObservedResend string `json:"observedResend,omitempty"`
	// inviterKind tells with whose authority the Invitation was made.
	// +optional
	InviterKind InviterKind `json:"inviterKind,omitempty"`
	// recipients are the invited persons, one an address.
	// +optional
	// +listType=map
	// +listMapKey=email
	// +kubebuilder:validation:MaxItems=1000
	Recipients []RecipientStatus `json:"recipients,omitempty"`
	// summary counts the recipients.
	// +optional
	Summary InvitationSummary `json:"summary,omitempty,omitzero"`
	// conditions are Ready, and while they are true Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// Invitation invites people to the organization of its namespace, one role for all (NOV-3, NOV-4).
//
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name must not be longer than 63 characters"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=inv,categories=usher
// +kubebuilder:printcolumn:name="Role",type=string,JSONPath=`.spec.role`
// +kubebuilder:printcolumn:name="Total",type=integer,JSONPath=`.status.summary.total`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.summary.pending`
// +kubebuilder:printcolumn:name="Active",type=integer,JSONPath=`.status.summary.active`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Invitation struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is who is to be invited to what.
	// +required
	Spec InvitationSpec `json:"spec,omitzero"`
	// status is what came of it.
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

// GetConditions gives the conditions, for the code that writes them for all kinds alike.
func (i *Invitation) GetConditions() *[]metav1.Condition { return &i.Status.Conditions }

// SetObservedGeneration records the generation that the status is about.
func (i *Invitation) SetObservedGeneration(g int64) { i.Status.ObservedGeneration = g }
