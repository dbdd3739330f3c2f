// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Labels, annotations and finalizers of Usher.
const (
	// Finalizer keeps an object until what it granted is taken back.
	Finalizer = "accounts.usher.dev/finalizer"

	// LabelOrganization names the organization that an object outside the organization's namespace belongs to.
	LabelOrganization = "accounts.usher.dev/organization"
	// LabelWorkspace names the Workspace that a namespace or an object in it belongs to.
	LabelWorkspace = "accounts.usher.dev/workspace"
	// LabelUser names the OrgUser that a RoleBinding serves.
	LabelUser = "accounts.usher.dev/user"
	// LabelDelegate tells, by a digest of the user name, which delegate a RoleBinding serves.
	LabelDelegate = "accounts.usher.dev/delegate"
	// LabelInvitation names the Invitation that an OrgUser was made for.
	LabelInvitation = "accounts.usher.dev/invitation"
	// LabelBootstrap marks, with the value "true", the OrgUser that Usher made for an organization's primary administrator.
	LabelBootstrap = "accounts.usher.dev/bootstrap"
	// LabelGrantable marks, with the value "true", the ClusterRoles that Usher may bind.
	LabelGrantable = "accounts.usher.dev/grantable"

	// AnnotationResend on an Invitation sends again to everybody who has not accepted, once for each new value (WXP-7). On an
	// OrgUser that is declared without an Invitation it does so for that person.
	AnnotationResend = "accounts.usher.dev/resend"
)

// ManagedByLabel and ManagedByValue mark every object that Usher makes for itself.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedByValue = "usher"
)

// Condition types. Ready is on every object; Reconciling and Stalled are there only while they are true (kstatus).
const (
	// ConditionReady tells whether all of the spec that Usher can bring about by itself is in force.
	ConditionReady = "Ready"
	// ConditionReconciling is true while Usher is still working towards the spec.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true when Usher cannot go on before somebody changes something.
	ConditionStalled = "Stalled"
	// ConditionAccepted, on an OrgUser, tells whether the person has accepted.
	ConditionAccepted = "Accepted"
)

// Condition reasons, the values of a condition's machine-readable reason.
const (
	ReasonReady                = "Ready"
	ReasonReconciling          = "Reconciling"
	ReasonOrganizationNotFound = "OrganizationNotFound"
	ReasonOrganizationMisnamed = "OrganizationMisnamed"
	ReasonNoAdministrator      = "NoAdministrator"
	ReasonLastAdministrator    = "LastAdministrator"
	ReasonAwaitingAcceptance   = "AwaitingAcceptance"
	ReasonAwaitingMail         = "AwaitingMail"
	ReasonAwaitingLedger       = "AwaitingLedger"
	ReasonAwaitingSeat         = "AwaitingSeat"
	ReasonWorkspacesMissing    = "WorkspacesMissing"
	ReasonAccepted             = "Accepted"
	ReasonNotInvited           = "NotInvited"
	ReasonSuspended            = "Suspended"
	ReasonRemoving             = "Removing"
	ReasonDuplicateAddress     = "DuplicateAddress"
	ReasonDuplicateUsername    = "DuplicateUsername"
	ReasonNamespaceConflict    = "NamespaceConflict"
	ReasonNamespaceTerminating = "NamespaceTerminating"
	ReasonInvalidNamespace     = "InvalidNamespace"
	ReasonInvalidAddress       = "InvalidAddress"
	ReasonUndeliverable        = "Undeliverable"
	ReasonInviterUnauthorized  = "InviterUnauthorized"
	ReasonAddressHeld          = "AddressHeld"
	ReasonTooManyRecipients    = "TooManyRecipients"
	ReasonFailed               = "Failed"
)
