// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RecipientState is how far an invited person has come.
//
// +enum
// +kubebuilder:validation:Enum=Pending;Invited;Registered;Active;Declined;Expired;Revoked;Undeliverable
type RecipientState string

const (
	// RecipientPending means that the person has not been invited yet.
	RecipientPending RecipientState = "Pending"
	// RecipientInvited means that a mail with a link is on its way or has arrived.
	RecipientInvited RecipientState = "Invited"
	// RecipientRegistered means that the person has submitted the registration form. A second mail confirms the address.
	RecipientRegistered RecipientState = "Registered"
	// RecipientActive means that the person has accepted and is a user.
	RecipientActive RecipientState = "Active"
	// RecipientDeclined means that the person has declined.
	RecipientDeclined RecipientState = "Declined"
	// RecipientExpired means that the person did not accept in time.
	RecipientExpired RecipientState = "Expired"
	// RecipientRevoked means that the invitation was withdrawn.
	RecipientRevoked RecipientState = "Revoked"
	// RecipientUndeliverable means that the mail server refused the address permanently.
	RecipientUndeliverable RecipientState = "Undeliverable"
)

// MailKind is a kind of mail that Usher sends to invited people, to users, and to owners of queues.
//
// +enum
// +kubebuilder:validation:Enum=Invitation;Confirmation;Welcome;Suspended;QueueConfirmation;AddressChange;AccessChange;Password
type MailKind string

const (
	// MailInvitation contains the link to the invitation's page.
	MailInvitation MailKind = "Invitation"
	// MailConfirmation contains the link that confirms the address.
	MailConfirmation MailKind = "Confirmation"
	// MailWelcome tells the person what they now have access to.
	MailWelcome MailKind = "Welcome"
	// MailSuspended tells a person who has registered that their account is suspended. A Welcome follows when it no longer is.
	MailSuspended MailKind = "Suspended"
	// MailQueueConfirmation asks the owner of a queue's address to confirm it.
	MailQueueConfirmation MailKind = "QueueConfirmation"
	// MailAddressChange contains the link that confirms the new address of an account.
	MailAddressChange MailKind = "AddressChange"
	// MailAccessChange tells a person what has changed about their access.
	MailAccessChange MailKind = "AccessChange"
	// MailPassword contains the link to choose a password.
	MailPassword MailKind = "Password"
)

// MailState is how far a mail has come.
//
// +enum
// +kubebuilder:validation:Enum=Queued;Sent;Failed
type MailState string

const (
	// MailQueued means that the mail is waiting to be sent, or to be sent again if attempts is not zero.
	MailQueued MailState = "Queued"
	// MailSent means that the mail server has accepted the mail.
	MailSent MailState = "Sent"
	// MailFailed means that the mail server has refused the mail permanently.
	MailFailed MailState = "Failed"
)

// MailScope is what a mail server refuses.
//
// +enum
// +kubebuilder:validation:Enum=Connection;Sender;Message;Recipient
type MailScope string

const (
	// MailScopeConnection means that the mail server cannot be reached, or does not serve the platform.
	MailScopeConnection MailScope = "Connection"
	// MailScopeSender means that the mail server accepts no mail from the platform's sender at the moment.
	MailScopeSender MailScope = "Sender"
	// MailScopeMessage means that the mail server refuses the mail's size or content.
	MailScopeMessage MailScope = "Message"
	// MailScopeRecipient means that the mail server refuses the recipient.
	MailScopeRecipient MailScope = "Recipient"
)

// MailStatus is the latest mail to a person: the intent to send it, which is written before the mail is sent, and the
// outcome.
type MailStatus struct {
	// kind says which mail it is:
	//
	//   - Invitation has the link to the invitation's page.
	//   - Confirmation has the link that confirms the address.
	//   - Welcome tells the person what they have access to.
	//   - Suspended tells a person who has accepted that the account is suspended.
	//   - QueueConfirmation asks the owner of a queue's address to confirm it.
	//   - AddressChange has the link that confirms the new address of an account.
	//   - AccessChange tells a person what has changed about their access.
	//   - Password has the link to choose a password.
	// +required
	Kind MailKind `json:"kind,omitempty"`
	// state is how far the mail has come: Queued waits to be sent, or to be sent again if attempts is not zero; Sent was
	// accepted by the mail server; Failed was refused permanently.
	// +required
	State MailState `json:"state,omitempty"`
	// messageID is the Message-ID of the mail. A mail that is sent again has the same one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=320
	MessageID string `json:"messageID,omitempty"`
	// attempts is the number of attempts to send the mail.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempts int32 `json:"attempts,omitempty"`
	// nextAttemptTime is the time of the next attempt after a failure, or of the first one if the mail is not sent at once.
	// +optional
	NextAttemptTime *metav1.Time `json:"nextAttemptTime,omitempty"`
	// lastError says why the last attempt failed. It is empty after a success.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	LastError string `json:"lastError,omitempty"`
	// lastErrorScope says what the mail server refused at the last attempt: the Connection (it cannot be reached, or does not
	// serve the platform), the Sender, the Message (its size or content) or the Recipient. Only the last one makes a
	// recipient Undeliverable; anything else is the platform's to correct, and the mail stays queued.
	// +optional
	LastErrorScope MailScope `json:"lastErrorScope,omitempty"`
	// mailboxFullTime is when the recipient's mailbox was first found full. A mailbox that is still full a day later makes
	// the recipient Undeliverable.
	// +optional
	MailboxFullTime *metav1.Time `json:"mailboxFullTime,omitempty"`
	// budget is the platform's budget for which the mail waits, as in "1000 an hour for the invitations of an organization". It is
	// empty unless the budget was used up. Sending goes on at nextAttemptTime; the time until then is added to expirationTime.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Budget string `json:"budget,omitempty"`
}

// Registration is what a person entered on the registration form.
type Registration struct {
	// displayName is the person's name.
	// +required
	DisplayName DisplayName `json:"displayName,omitempty"`
	// phone is the person's phone number in E.164 format.
	// +optional
	Phone PhoneNumber `json:"phone,omitempty"`
	// language is the person's language.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
}

// RevocationReason says why an invitation was withdrawn.
//
// +enum
// +kubebuilder:validation:Enum=AddressRemoved;InviterUnauthorized;AccessLimited;AccountRemoved
type RevocationReason string

const (
	// RevokedAddressRemoved means that the spec no longer names the address. Naming it again sends a new invitation.
	RevokedAddressRemoved RevocationReason = "AddressRemoved"
	// RevokedInviterUnauthorized means that the inviter was not allowed to grant the role when the person accepted. Somebody
	// who may grant it invites the person again with the annotation accounts.usher.dev/resend.
	RevokedInviterUnauthorized RevocationReason = "InviterUnauthorized"
	// RevokedAccessLimited means that the account was made Limited before the person accepted. Making it Full again
	// sends a new invitation.
	RevokedAccessLimited RevocationReason = "AccessLimited"
	// RevokedAccountRemoved means that the OrgUser was deleted after the person had accepted. Nobody is invited again
	// unless the invitation is sent again, or the address is removed from the spec and added again.
	RevokedAccountRemoved RevocationReason = "AccountRemoved"
)

// InviterKind says with whose authority people are invited. It is determined at admission, when it is known who is acting.
//
// +enum
// +kubebuilder:validation:Enum=Person;Delegate;Platform
type InviterKind string

const (
	// InviterPerson is an OrgUser, whose role is checked again when somebody accepts.
	InviterPerson InviterKind = "Person"
	// InviterDelegate is a delegate, whose role is checked again when somebody accepts.
	InviterDelegate InviterKind = "Delegate"
	// InviterPlatform is an identity of the platform, which is not bound by roles.
	InviterPlatform InviterKind = "Platform"
)

// OnboardingStatus is a person's progress from invited to active.
type OnboardingStatus struct {
	// state is how far the person has come:
	//
	//   - Pending: waits to be invited.
	//   - Invited: a mail with a link is on its way or has arrived.
	//   - Registered: has submitted the form, and has to confirm the address by the link in a second mail.
	//   - Active: has accepted and is a user.
	//   - Declined: has declined.
	//   - Expired: did not accept in time.
	//   - Revoked: the invitation was withdrawn; revocationReason says why.
	//   - Undeliverable: the mail server refused the address permanently.
	// +required
	State RecipientState `json:"state,omitempty"`
	// sendCount is how often the person has been invited. Only the latest link works.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SendCount int32 `json:"sendCount,omitempty"`
	// expirationTime is when the link expires.
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
	// revocationReason says why the invitation was withdrawn. It is set only in the state Revoked:
	//
	//   - AddressRemoved: the spec no longer names the address. Naming it again sends a new invitation.
	//   - InviterUnauthorized: the inviter was not allowed to give the role when the person accepted. Somebody who may give it
	//     invites the person again with the annotation accounts.usher.dev/resend.
	//   - AccessLimited: the account was made Limited before the person accepted. Making it Full again invites the person.
	//   - AccountRemoved: the OrgUser was deleted after the person had accepted. Nobody is invited again unless the
	//     invitation is sent again, or the address is removed from the spec and added again.
	// +optional
	RevocationReason RevocationReason `json:"revocationReason,omitempty"`
	// acceptanceTime is when the person accepted the latest invitation, or was found to be a user without having accepted
	// any.
	// +optional
	AcceptanceTime *metav1.Time `json:"acceptanceTime,omitempty"`
	// mail is the latest mail to the person.
	// +optional
	Mail *MailStatus `json:"mail,omitempty"`
	// registration is what the person entered on the registration form.
	// +optional
	Registration *Registration `json:"registration,omitempty"`
}

// RecipientStatus is one invited person.
type RecipientStatus struct {
	// email is the person's address.
	// +required
	Email EmailAddress `json:"email,omitempty"`
	// user is the name of the person's OrgUser.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	User string `json:"user,omitempty"`
	// userUID is the UID of the OrgUser that the latest invitation is for. An OrgUser that gets the name or the address
	// afterwards is another one, which links of that invitation do not lead to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UserUID string `json:"userUID,omitempty"`
	// heldBy names the object that already invites the address, as in Invitation/team or OrgUser/luis. This Invitation
	// waits for it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=270
	HeldBy string `json:"heldBy,omitempty"`
	// observedResend is the last value of the annotation accounts.usher.dev/resend on the person's OrgUser that was acted on. A
	// long value ends in its digest.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ObservedResend string `json:"observedResend,omitempty"`
	// message says what somebody can do about the recipient, if anything.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
	// OnboardingStatus is the person's progress from invited to active.
	OnboardingStatus `json:",inline"`
}

// InvitationSummary counts recipients.
type InvitationSummary struct {
	// total is the number of recipients, including those that the spec no longer names.
	// +required
	// +kubebuilder:validation:Minimum=0
	Total *int32 `json:"total,omitempty"`
	// pending is the number of recipients who can still accept.
	// +required
	// +kubebuilder:validation:Minimum=0
	Pending *int32 `json:"pending,omitempty"`
	// active is the number of recipients who have accepted and are users.
	// +required
	// +kubebuilder:validation:Minimum=0
	Active *int32 `json:"active,omitempty"`
	// failed is the number of recipients who cannot accept: declined, expired, revoked or undeliverable.
	// +required
	// +kubebuilder:validation:Minimum=0
	Failed *int32 `json:"failed,omitempty"`
}

// InvitationStatus is the progress of the invitation.
type InvitationStatus struct {
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// observedResend is the last value of the annotation accounts.usher.dev/resend that was acted on.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ObservedResend string `json:"observedResend,omitempty"`
	// inviterKind says with whose authority people are invited: that of a Person or a Delegate, whose role is checked again
	// when somebody accepts, or that of the Platform, which no role binds. It is empty while nobody is known to answer for
	// the Invitation; nobody can accept it then.
	// +optional
	InviterKind InviterKind `json:"inviterKind,omitempty"`
	// recipients are the invited people, one entry for each address, including those whom the spec no longer names. At most
	// 500 are added.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Recipients []RecipientStatus `json:"recipients,omitempty"`
	// summary counts the recipients.
	// +optional
	Summary InvitationSummary `json:"summary,omitempty,omitzero"`
	// identity is what identifies the object in links and beside others. It survives a restore from a backup, which gives
	// the object another UID.
	// +optional
	Identity *Identity `json:"identity,omitempty"`
	// conditions are Ready, and Reconciling and Stalled while they are true. The message of Ready says who is how far, and
	// what can be done.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
