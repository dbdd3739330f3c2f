// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Labels, annotations and finalizers that Usher uses.
const (
	// Finalizer keeps an object until everything that it granted is removed.
	Finalizer = "accounts.usher.dev/finalizer"

	// LabelOrganization names the organization that an object outside the organization's namespace belongs to.
	LabelOrganization = "accounts.usher.dev/organization"
	// LabelWorkspace names the Workspace that a namespace or an object in it belongs to.
	LabelWorkspace = "accounts.usher.dev/workspace"
	// LabelUser names the OrgUser to whom a RoleBinding gives access.
	LabelUser = "accounts.usher.dev/user"
	// LabelModule names the module for which a RoleBinding was created (GTA-10).
	LabelModule = "accounts.usher.dev/module"
	// LabelGroup names the OrgGroup whose identity group a RoleBinding gives access.
	LabelGroup = "accounts.usher.dev/group"
	// LabelDelegate identifies the delegate to whom a RoleBinding gives access, by a digest of the user name. What an organization's
	// directory needs has it too.
	LabelDelegate = "accounts.usher.dev/delegate"
	// LabelInvitation names the Invitation for which an OrgUser was created.
	LabelInvitation = "accounts.usher.dev/invitation"
	// LabelBootstrap marks, with the value "true", the OrgUser that Usher created for an organization's primary administrator.
	LabelBootstrap = "accounts.usher.dev/bootstrap"
	// LabelOrigin says why Usher created an account by itself: a Limited one with OriginDevice, OriginIntake or OriginPortal, or one that
	// the organization's directory keeps, with OriginDirectory. An OrgGroup that the directory keeps has it as well.
	LabelOrigin = "accounts.usher.dev/origin"
	// LabelDirectoryID identifies what the directory calls an account or a group that it keeps, by a digest of its externalId.
	LabelDirectoryID = "accounts.usher.dev/directory-id"
	// LabelDirectoryName identifies such an account by a digest of the name with which the person signs in at the directory, and such a
	// group by a digest of its name there.
	LabelDirectoryName = "accounts.usher.dev/directory-name"
	// AnnotationDirectory holds what the directory sent about such an account or group, as it was sent. A group's members are in its spec.
	AnnotationDirectory = "accounts.usher.dev/directory"
	// LabelQuestion marks, with the value "true", the Secrets that hold the questions of customers (GTA-8).
	LabelQuestion = "accounts.usher.dev/question"
	// LabelAsker identifies who asked the question in such a Secret, by a digest of the address.
	LabelAsker = "accounts.usher.dev/asker"
	// AnnotationQuestionUID, on such a Secret that was moved from another namespace, holds the UID that it had there, which the links to
	// the question contain.
	AnnotationQuestionUID = "accounts.usher.dev/question-uid"
	// LabelGrantable marks, with the value "true", the ClusterRoles that Usher may bind.
	LabelGrantable = "accounts.usher.dev/grantable"

	// NamespaceLabelPrefix is the prefix of the labels of a Workspace that are copied to its namespace, without the prefix, if
	// the operator's configuration allows it.
	NamespaceLabelPrefix = "namespace.accounts.usher.dev/"
	// AnnotationCopiedLabels, on a workspace's namespace, lists the keys of the labels that were copied from the Workspace.
	AnnotationCopiedLabels = "accounts.usher.dev/copied-labels"
	// AnnotationOriginPrefix is the prefix of the annotations on the ConfigMap SettingsConfigMap that say where each setting
	// comes from.
	AnnotationOriginPrefix = "origin.accounts.usher.dev/"

	// AnnotationResend, on an Invitation, sends it again, once for each new value (WXP-7): to the addresses that the value names,
	// or, if it names none, to everybody who has neither accepted nor declined. On an OrgUser it does so for that person, and on a
	// Workspace for the owner of its queue.
	AnnotationResend = "accounts.usher.dev/resend"
	// AnnotationInviterKind, on an Invitation, holds the InviterKind that was determined at admission, when it was known who was
	// acting.
	AnnotationInviterKind = "accounts.usher.dev/inviter-kind"
	// AnnotationPaused, with the value "true" on an organization's namespace, keeps Usher from writing or sending anything in that
	// organization, so that it can be restored or moved. Only the platform may set or remove it.
	AnnotationPaused = "accounts.usher.dev/paused"
	// AnnotationReport, on an Organization or a Workspace, immediately sends its contacts a report, once for each new value
	// (GTA-12).
	AnnotationReport = "accounts.usher.dev/report"
)

// Values of LabelOrigin.
const (
	// OriginDevice is an account created for the assignee of a device (LMI-4).
	OriginDevice = "device"
	// OriginIntake is an account created for the sender of a mail to a workspace (LMI-3).
	OriginIntake = "intake"
	// OriginDirectory is an account that the organization's directory created and keeps (LMI-10).
	OriginDirectory = "directory"
	// OriginPortal is an account created for a customer who asked a question on a workspace's page (GTA-7).
	OriginPortal = "portal"
)

// ManagedByLabel and ManagedByValue mark every object that Usher creates for itself.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedByValue = "usher"
)

// SettingsConfigMap is the ConfigMap in a workspace's namespace that holds the settings in force (GTA-14).
const SettingsConfigMap = "usher-settings"

// What an organization with a directory has in its namespace (LMI-10).
const (
	// DirectoryTokensSecret is the Secret with the hashes of the tokens that open the organization to its directory. There is a directory
	// while the Secret has a token. Who manages it is the organization: kubectl usher directory token, or Git.
	DirectoryTokensSecret = "usher-directory-tokens"
	// DirectoryAccount is the ServiceAccount in whose name the directory acts. It exists in name only, so that no token can be issued for
	// it.
	DirectoryAccount = "usher-directory"
	// DirectoryUseConfigMap is the ConfigMap that says when each token was last used: the key is the token's name, the value a time in
	// RFC 3339, which may be an hour old. Usher writes it.
	DirectoryUseConfigMap = "usher-directory-use"
)

// Condition types. Every object has Ready. Reconciling and Stalled are present only while they are true, as in kstatus.
const (
	// ConditionReady says whether everything in the spec that Usher can put in force by itself is in force.
	ConditionReady = "Ready"
	// ConditionReconciling is true while Usher is still working toward the spec.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is true when Usher cannot continue until somebody changes something.
	ConditionStalled = "Stalled"
	// ConditionAccepted, on an OrgUser, says whether the person has accepted.
	ConditionAccepted = "Accepted"
	// ConditionAccountReady, on an OrgUser, says how the person's account at the identity provider stands.
	ConditionAccountReady = "AccountReady"
	// ConditionWithinBudget, on an Organization and a Workspace, is False while messages to contacts wait for a budget of the platform. It
	// is absent otherwise.
	ConditionWithinBudget = "WithinBudget"
	// ConditionAccountsExist, on a Workspace, is False while spec.members, or a RoleBinding that Usher did not create, names somebody who
	// has no account, and on an OrgGroup while spec.members does. It is absent otherwise.
	ConditionAccountsExist = "AccountsExist"
	// ConditionDirectoryWithinThreshold, on an Organization, is False while its directory may suspend and delete nobody, because it did
	// so too often. It is absent otherwise.
	ConditionDirectoryWithinThreshold = "DirectoryWithinThreshold"
	// ConditionDirectoryNamesExist, on an Organization, is False while spec.directory names a group or a module that does not exist. It is
	// absent otherwise.
	ConditionDirectoryNamesExist = "DirectoryNamesExist"
)

// Condition reasons: the values of a condition's machine-readable reason.
const (
	ReasonReady                  = "Ready"
	ReasonReconciling            = "Reconciling"
	ReasonOrganizationNotFound   = "OrganizationNotFound"
	ReasonOrganizationMisnamed   = "OrganizationMisnamed"
	ReasonNoAdministrator        = "NoAdministrator"
	ReasonLastAdministrator      = "LastAdministrator"
	ReasonAwaitingAcceptance     = "AwaitingAcceptance"
	ReasonAwaitingConfirmation   = "AwaitingConfirmation"
	ReasonAddressNotConfirmed    = "AddressNotConfirmed"
	ReasonAwaitingMail           = "AwaitingMail"
	ReasonBudgetReached          = "BudgetReached"
	ReasonAwaitingLedger         = "AwaitingLedger"
	ReasonAwaitingSeat           = "AwaitingSeat"
	ReasonModulesMissing         = "ModulesMissing"
	ReasonAccountMissing         = "AccountMissing"
	ReasonWorkspacesMissing      = "WorkspacesMissing"
	ReasonAccepted               = "Accepted"
	ReasonNotInvited             = "NotInvited"
	ReasonLimited                = "Limited"
	ReasonSuspended              = "Suspended"
	ReasonRemoving               = "Removing"
	ReasonAwaitingHandover       = "AwaitingHandover"
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
	// ReasonAccountRemoved: the OrgUser of a recipient who had accepted was deleted since.
	ReasonAccountRemoved = "AccountRemoved"
	// ReasonAlreadyMember: an Invitation grants something to a person who is a user already, whom it does not change.
	ReasonAlreadyMember   = "AlreadyMember"
	ReasonDuplicateSerial = "DuplicateSerialNumber"
	// ReasonIntakeTaken: the intake address that a workspace requests belongs to an older workspace (LMI-3).
	ReasonIntakeTaken = "IntakeTaken"
	// ReasonIntakeNotAllowed: the organization may not accept mails at the intake address that a workspace requests (LMI-3).
	ReasonIntakeNotAllowed = "IntakeNotAllowed"
	// ReasonIntakeLoop: mails to the queue of a workspace come back to its intake (LMI-3).
	ReasonIntakeLoop = "IntakeLoop"
	// ReasonQueueUnconfirmed: the owner of a workspace's queue has not confirmed the address yet (GTA-8).
	ReasonQueueUnconfirmed = "QueueUnconfirmed"
	// ReasonQueueRefused: the owner of a workspace's queue did not confirm the address, or could not be asked (GTA-8).
	ReasonQueueRefused      = "QueueRefused"
	ReasonTooManyRecipients = "TooManyRecipients"
	ReasonFailed            = "Failed"

	ReasonAwaitingPassword    = "AwaitingPassword"
	ReasonProviderUnavailable = "ProviderUnavailable"
	ReasonForeignAccount      = "ForeignAccount"
	ReasonAccountClosed       = "AccountClosed"
	// ReasonTooManyAdministrators: the list of administrators in force has no room for the user.
	ReasonTooManyAdministrators = "TooManyAdministrators"
	// ReasonTooManyWorkspaces: the user's status has no room for all workspaces that the user has access to.
	ReasonTooManyWorkspaces = "TooManyWorkspaces"
	// ReasonTooManyGroups: the user is in more groups than can be in force.
	ReasonTooManyGroups = "TooManyGroups"
	// ReasonIdentityGroupRefused: the platform's configuration does not allow the group of the identity provider that an OrgGroup names
	// (DIR-5).
	ReasonIdentityGroupRefused = "IdentityGroupRefused"
	// ReasonDirectoryStopped: the directory suspended or deleted as many people as spec.directory.protection allows (DIR-4).
	ReasonDirectoryStopped = "DirectoryStopped"
	// ReasonDirectoryNameMissing: spec.directory names a group or a module that does not exist (DIR-4).
	ReasonDirectoryNameMissing = "DirectoryNameMissing"
	// ReasonRoleByGroupRefused: the platform's configuration does not allow a group to give the role that spec.directory.roles names
	// (DIR-4).
	ReasonRoleByGroupRefused = "RoleByGroupRefused"
	// ReasonDuplicateDisplayName: an older OrgGroup has the display name.
	ReasonDuplicateDisplayName = "DuplicateDisplayName"
	// ReasonSeatLedgerFull: the organization's status has no room for another holder of a seat.
	ReasonSeatLedgerFull = "SeatLedgerFull"
	// ReasonWorkspaceRequired: the organization requires everybody to be in a workspace, and the user is in none (GTA-5).
	ReasonWorkspaceRequired = "WorkspaceRequired"
	// ReasonClusterRoleNotFound: the ClusterRole that a module's clusterRoleName names does not exist (GTA-10).
	ReasonClusterRoleNotFound = "ClusterRoleNotFound"
	// ReasonClusterRoleNotGrantable: a module's ClusterRole lacks the label LabelGrantable (GTA-10).
	ReasonClusterRoleNotGrantable = "ClusterRoleNotGrantable"
)
