// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UserState is the state of an account.
//
// +enum
// +kubebuilder:validation:Enum=Pending;Active;Suspended;Removing
type UserState string

const (
	// UserPending means that the person has not accepted yet.
	UserPending UserState = "Pending"
	// UserActive means that the person has accepted and has access.
	UserActive UserState = "Active"
	// UserSuspended means that the account exists but gives no access.
	UserSuspended UserState = "Suspended"
	// UserRemoving means that the account is being deleted.
	UserRemoving UserState = "Removing"
)

// GrantSource is the reason why a person has access to a workspace.
//
// +enum
// +kubebuilder:validation:Enum=Role;User;Member;Group
type GrantSource string

const (
	// GrantedByRole is access that follows from the role OrganizationAdmin.
	GrantedByRole GrantSource = "Role"
	// GrantedByUser is access that OrgUser.spec.workspaces grants.
	GrantedByUser GrantSource = "User"
	// GrantedByMember is access that an entry of Workspace.spec.members with the person's address grants.
	GrantedByMember GrantSource = "Member"
	// GrantedByGroup is access that an entry of Workspace.spec.members with one of the person's groups grants.
	GrantedByGroup GrantSource = "Group"
)

// GrantOrigin is one source of a person's access to a workspace, with the access that it grants.
type GrantOrigin struct {
	// source says where the access comes from:
	//
	//   - Role: from the role OrganizationAdmin.
	//   - User: from spec.workspaces of the OrgUser.
	//   - Member: from an entry of the Workspace's spec.members with the person's address.
	//   - Group: from an entry of the Workspace's spec.members with one of the person's groups.
	// +required
	Source GrantSource `json:"source,omitempty"`
	// group is the name of the group, if the source is Group.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Group string `json:"group,omitempty"`
	// access is what this source alone would grant: Admin, Edit or View.
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
}

// WorkspaceGrantStatus is a person's access in force to one workspace.
type WorkspaceGrantStatus struct {
	// name is the name of the Workspace in the organization's namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// access is what the person may do in the workspace's namespace, Admin, Edit or View: the strongest access of all origins.
	// +required
	Access WorkspaceAccess `json:"access,omitempty"`
	// origins are all sources of the access.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Origins []GrantOrigin `json:"origins,omitempty"`
}

// UsernameSource says where a person's Kubernetes user name comes from.
//
// +enum
// +kubebuilder:validation:Enum=Address;Spec
type UsernameSource string

const (
	// UsernameFromAddress is a user name that follows from the email address.
	UsernameFromAddress UsernameSource = "Address"
	// UsernameFromSpec is the user name in spec.username.
	UsernameFromSpec UsernameSource = "Spec"
)

// EmailChangeStatus is an address that is to come into force.
type EmailChangeStatus struct {
	// email is the new address.
	// +required
	Email EmailAddress `json:"email,omitempty"`
	// generation is the generation of the spec that requested the address. It distinguishes the link from those of earlier
	// requests.
	// +required
	// +kubebuilder:validation:Minimum=1
	Generation int64 `json:"generation,omitempty"`
	// requestTime is since when the account claims the address. Of several accounts that claim it, the oldest gets it.
	// +required
	RequestTime metav1.Time `json:"requestTime,omitempty,omitzero"` //nolint:kubeapilinter // every request has a time
	// confirmationTime is when the person confirmed the address, or when it turned out that nobody needs to.
	// +optional
	ConfirmationTime *metav1.Time `json:"confirmationTime,omitempty"`
	// expirationTime is when the link expires.
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
	// sendCount is how often the person has been asked to confirm.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SendCount int32 `json:"sendCount,omitempty"`
	// mail is the mail that asks the person to confirm the address.
	// +optional
	Mail *MailStatus `json:"mail,omitempty"`
}

// FormerAccess is the access to a workspace that a person was last told of.
type FormerAccess struct {
	// name is the name of the Workspace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// access is what the person could do in the workspace's namespace, Admin, Edit or View. It is empty if they had none.
	// +optional
	Access WorkspaceAccess `json:"access,omitempty"`
}

// AccessChangeStatus is how a person's access in force differs from what the person was last told, and the mail that says so.
// While nothing differs, it is about the latest such mail.
type AccessChangeStatus struct {
	// since is when the first of the changes came into force. It is empty while the person has no access at all, as when
	// suspended: they are told of what has changed once they have access again.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
	// formerRole is the role that the person was last told of, as spec.role explains it, if it differs.
	// +optional
	FormerRole Role `json:"formerRole,omitempty"`
	// workspaces are those in which the access differs, with the access that the person was last told of. Workspaces that
	// an OrganizationAdmin can access because of that role are left out.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Workspaces []FormerAccess `json:"workspaces,omitempty"`
	// workspacesDigest takes the place of workspaces if more than 100 differ. It identifies what the person was last told.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	WorkspacesDigest string `json:"workspacesDigest,omitempty"`
	// addedModules are the modules in force that the person was not told of.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	AddedModules []ObjectName `json:"addedModules,omitempty"`
	// removedModules are the modules that the person was told of and that are no longer in force.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	RemovedModules []ObjectName `json:"removedModules,omitempty"`
	// mail is the mail that tells the person, or the latest one that did. Its nextAttemptTime is when it is to be sent.
	// +optional
	Mail *MailStatus `json:"mail,omitempty"`
	// sentTime is when the latest such mail was sent. The next one follows a day later at the earliest.
	// +optional
	SentTime *metav1.Time `json:"sentTime,omitempty"`
}

// AccountState is how far a person's account at the identity provider has come.
//
// +enum
// +kubebuilder:validation:Enum=Planned;Setting;Ready;Foreign;Closed
type AccountState string

const (
	// AccountPlanned means that the person has not chosen a password yet. There is no account.
	AccountPlanned AccountState = "Planned"
	// AccountSetting means that a password is being handed to the provider.
	AccountSetting AccountState = "Setting"
	// AccountReady means that the person can sign in.
	AccountReady AccountState = "Ready"
	// AccountForeign means that the provider has an account for the address that Usher did not create. Usher leaves it alone.
	AccountForeign AccountState = "Foreign"
	// AccountClosed means that the account was deleted and its sessions were revoked.
	AccountClosed AccountState = "Closed"
)

// AccountStatus is a person's account at the identity provider, which Usher creates there when the person chooses a password.
type AccountStatus struct {
	// state is how far the account has come:
	//
	//   - Planned: the person has not chosen a password yet. There is no account.
	//   - Setting: a password is being handed to the provider.
	//   - Ready: the person can sign in.
	//   - Foreign: the provider has an account for the address that Usher did not create. Usher leaves it alone.
	//   - Closed: the account was deleted and its sessions were revoked.
	// +required
	State AccountState `json:"state,omitempty"`
	// id is what the provider knows the account by. Usher deletes no account with another one.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ID string `json:"id,omitempty"`
	// email is the address that the person signs in with, in its normal form.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=384
	Email string `json:"email,omitempty"`
	// since is when the account came into this state.
	// +required
	Since metav1.Time `json:"since,omitempty,omitzero"` //nolint:kubeapilinter // every state has a time
	// requestTime is when a link to choose a password was asked for. It is empty once the mail with the link is queued.
	// +optional
	RequestTime *metav1.Time `json:"requestTime,omitempty"`
	// sendCount is how many links there have been. Only the newest can be used, and only once.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SendCount int32 `json:"sendCount,omitempty"`
	// expirationTime is when the newest link expires. It is empty once the link has been used.
	// +optional
	ExpirationTime *metav1.Time `json:"expirationTime,omitempty"`
	// mail is the mail with the newest link.
	// +optional
	Mail *MailStatus `json:"mail,omitempty"`
	// changeTime is when a password took the place of another one. It is empty once the sessions are revoked that whoever knew the former
	// one could still begin.
	// +optional
	ChangeTime *metav1.Time `json:"changeTime,omitempty"`
}

// LastActivePending is the value of OrgUser.status.lastActive until the person has accepted (ORG-17).
const LastActivePending = "Pending"

// OrgUserStatus is the account in force. Access to Kubernetes, and the role in which a person acts, follow from it
// alone.
type OrgUserStatus struct {
	// observedGeneration is the generation of the spec that this status describes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// state is the state of the account:
	//
	//   - Pending: the person has not accepted yet, and has no access.
	//   - Active: the person has accepted, and has the access that this status lists.
	//   - Suspended: the account exists but gives no access.
	//   - Removing: the account is being deleted.
	// +optional
	State UserState `json:"state,omitempty"`
	// role is the role in force, as spec.role explains it. It is empty while there is none.
	// +optional
	Role Role `json:"role,omitempty"`
	// username is the name in force by which the Kubernetes API server knows the person, as in kubectl --as. A Limited
	// account has none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=384
	Username string `json:"username,omitempty"`
	// usernameSource says where the user name in force comes from: the Address, or the Spec (spec.username). A name that
	// comes from the address stays in force when the operator's --username-prefix or --username-form changes.
	// +optional
	UsernameSource UsernameSource `json:"usernameSource,omitempty"`
	// email is the address in force in lower case, with the domain as in DNS. --field-selector=status.email=... finds the
	// person by it, however spec.email spells it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=384
	Email string `json:"email,omitempty"`
	// emailChange is the change to the address in spec.email while that is not in force.
	// +optional
	EmailChange *EmailChangeStatus `json:"emailChange,omitempty"`
	// formerEmails are the latest addresses that were in force before, in lower case.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=384
	FormerEmails []string `json:"formerEmails,omitempty"`
	// displayName is the name that is shown for the person.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=160
	DisplayName string `json:"displayName,omitempty"`
	// workspaces are the workspaces to which the person has access in force, from every source. The list takes at most 768
	// KiB. If not all origins fit, the strongest one of each workspace is listed; workspaces beyond that are not in force.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10000
	Workspaces []WorkspaceGrantStatus `json:"workspaces,omitempty"`
	// workspaceSummary names the first three of the workspaces in force, with the access, and counts the others, as in "sales
	// (View), support (Edit)". It is for lists of users.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	WorkspaceSummary string `json:"workspaceSummary,omitempty"`
	// groups are the groups in force: those that spec.groups names, and the OrgGroups whose spec.members lists the person's address. At
	// most 1,000 are in force.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Groups []ObjectName `json:"groups,omitempty"`
	// modules are the modules in force.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Modules []ObjectName `json:"modules,omitempty"`
	// accessChange is what has changed about the person's role, workspaces and modules in force since they were last told by
	// mail.
	// +optional
	AccessChange *AccessChangeStatus `json:"accessChange,omitempty"`
	// lastActive is "Pending" until the person has accepted, and then the time of the last activity in RFC 3339 format.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	LastActive string `json:"lastActive,omitempty"`
	// invitedBy is the inviter, if the person is invited: that of the Invitation, or spec.invitedBy. It stays when the Invitation is
	// deleted.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=384
	InvitedBy string `json:"invitedBy,omitempty"`
	// byGroup is what the person's groups give them besides access to workspaces, by spec.directory of the Organization. Only
	// accounts that the organization's directory keeps have it.
	// +optional
	ByGroup ByGroupStatus `json:"byGroup,omitempty,omitzero"`
	// onboarding is the progress of a person who is declared without an Invitation, from invited to active.
	// +optional
	Onboarding *OnboardingStatus `json:"onboarding,omitempty"`
	// observedResend is the last value of the annotation accounts.usher.dev/resend that was acted on. It is set only for
	// a person who is declared without an Invitation, or whose address is to change.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ObservedResend string `json:"observedResend,omitempty"`
	// registration is what the person entered on the registration form.
	// +optional
	Registration *Registration `json:"registration,omitempty"`
	// ownDetails are the name, phone number and language that the person has entered on their own page. They take the place of the
	// registration. What spec declares takes precedence.
	// +optional
	OwnDetails *Registration `json:"ownDetails,omitempty"`
	// signOutTime is when the person last signed out everywhere on their own page, where earlier sign-ins no longer count.
	// +optional
	SignOutTime *metav1.Time `json:"signOutTime,omitempty"`
	// leaveRequestTime is when the person asked, on their own page, to be removed from the organization. It is empty if they have not
	// asked, or no longer do. Whoever may remove users decides.
	// +optional
	LeaveRequestTime *metav1.Time `json:"leaveRequestTime,omitempty"`
	// account is the person's account at the identity provider, if the platform has accounts with a password and the person
	// is to have one.
	// +optional
	Account *AccountStatus `json:"account,omitempty"`
	// identity is what identifies the object in links and beside others. It survives a restore from a backup, which gives
	// the object another UID.
	// +optional
	Identity *Identity `json:"identity,omitempty"`
	// conditions are Ready and Accepted, and Reconciling and Stalled while they are true. AccountReady says how an account at the
	// identity provider stands, if the person has or had one. The message of Ready says what is
	// not in force, and what can be done.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
