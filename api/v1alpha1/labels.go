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
	// LabelModule names the module for which a RoleBinding was made (GTA-10).
	LabelModule = "accounts.usher.dev/module"
	// LabelDelegate tells, by a digest of the user name, which delegate a RoleBinding serves.
	LabelDelegate = "accounts.usher.dev/delegate"
	// LabelInvitation names the Invitation that an OrgUser was made for.
	LabelInvitation = "accounts.usher.dev/invitation"
	// LabelBootstrap marks, with the value "true", the OrgUser that Usher made for an organization's primary administrator.
	LabelBootstrap = "accounts.usher.dev/bootstrap"
	// LabelOrigin tells for what Usher made a Limited account by itself: one of the values Origin….
	LabelOrigin = "accounts.usher.dev/origin"
	// LabelQuestion marks, with the value "true", the Secrets in the operator's namespace that hold the questions of customers
	// (GTA-8).
	LabelQuestion = "accounts.usher.dev/question"
	// LabelAsker tells, by a digest of the address, who asked the question in such a Secret.
	LabelAsker = "accounts.usher.dev/asker"
	// LabelGrantable marks, with the value "true", the ClusterRoles that Usher may bind.
	LabelGrantable = "accounts.usher.dev/grantable"

	// NamespaceLabelPrefix begins the labels of a Workspace that its namespace gets as well, without the prefix, if the
	// operator's configuration allows it.
	NamespaceLabelPrefix = "namespace.accounts.usher.dev/"
	// AnnotationCopiedLabels on a workspace's namespace lists the keys of the labels that come from the Workspace.
	AnnotationCopiedLabels = "accounts.usher.dev/copied-labels"
	// AnnotationOriginPrefix begins the annotations of the ConfigMap SettingsConfigMap that tell where each setting comes from.
	AnnotationOriginPrefix = "origin.accounts.usher.dev/"

	// AnnotationResend on an Invitation sends again to everybody who has not accepted, once for each new value (WXP-7). On an
	// OrgUser that is declared without an Invitation it does so for that person.
	AnnotationResend = "accounts.usher.dev/resend"
	// AnnotationReport on an Organization or Workspace sends its contacts a report at once, for each new value (GTA-12).
	AnnotationReport = "accounts.usher.dev/report"
)

// Values of LabelOrigin.
const (
	// OriginDevice is an account made for the assignee of a device (LMI-4).
	OriginDevice = "device"
	// OriginIntake is an account made for the sender of a mail to a workspace (LMI-3).
	OriginIntake = "intake"
	// OriginPortal is an account made for who asked a question on a workspace's page (GTA-7).
	OriginPortal = "portal"
)

// ManagedByLabel and ManagedByValue mark every object that Usher makes for itself.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedByValue = "usher"
)

// SettingsConfigMap is the ConfigMap in a workspace's namespace that holds the settings in force (GTA-14).
const SettingsConfigMap = "usher-settings"

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
	ReasonReady                  = "Ready"
	ReasonReconciling            = "Reconciling"
	ReasonOrganizationNotFound   = "OrganizationNotFound"
	ReasonOrganizationMisnamed   = "OrganizationMisnamed"
	ReasonNoAdministrator        = "NoAdministrator"
	ReasonLastAdministrator      = "LastAdministrator"
	ReasonAwaitingAcceptance     = "AwaitingAcceptance"
	ReasonAwaitingMail           = "AwaitingMail"
	ReasonAwaitingLedger         = "AwaitingLedger"
	ReasonAwaitingSeat           = "AwaitingSeat"
	ReasonWorkspacesMissing      = "WorkspacesMissing"
	ReasonAccepted               = "Accepted"
	ReasonNotInvited             = "NotInvited"
	ReasonLimited                = "Limited"
	ReasonSuspended              = "Suspended"
	ReasonRemoving               = "Removing"
	ReasonDuplicateAddress       = "DuplicateAddress"
	ReasonDuplicateUsername      = "DuplicateUsername"
	ReasonNamespaceConflict      = "NamespaceConflict"
	ReasonNamespaceTerminating   = "NamespaceTerminating"
	ReasonInvalidNamespace       = "InvalidNamespace"
	ReasonInvalidAddress         = "InvalidAddress"
	ReasonNamespaceLabelsRefused = "NamespaceLabelsRefused"
	ReasonUndeliverable          = "Undeliverable"
	ReasonInviterUnauthorized    = "InviterUnauthorized"
	ReasonAddressHeld            = "AddressHeld"
	ReasonDuplicateSerial        = "DuplicateSerialNumber"
	// ReasonIntakeTaken: an older workspace has the intake address that a workspace wishes (LMI-3).
	ReasonIntakeTaken = "IntakeTaken"
	// ReasonIntakeNotAllowed: the organization may not take mails in at the address that a workspace wishes (LMI-3).
	ReasonIntakeNotAllowed = "IntakeNotAllowed"
	// ReasonIntakeLoop: the queue of a workspace leads back to its intake (LMI-3).
	ReasonIntakeLoop        = "IntakeLoop"
	ReasonTooManyRecipients = "TooManyRecipients"
	ReasonFailed            = "Failed"
	// ReasonWorkspaceRequired: the organization requires a workspace for everybody, and the user has none (GTA-5).
	ReasonWorkspaceRequired = "WorkspaceRequired"
	// ReasonClusterRoleNotFound: there is no ClusterRole of a module's clusterRoleName (GTA-10).
	ReasonClusterRoleNotFound = "ClusterRoleNotFound"
	// ReasonClusterRoleNotGrantable: a module's ClusterRole lacks the label LabelGrantable (GTA-10).
	ReasonClusterRoleNotGrantable = "ClusterRoleNotGrantable"
)
