// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// OrganizationSpec is the requested organization.
type OrganizationSpec struct {
	// profile describes the organization.
	// +optional
	Profile OrganizationProfile `json:"profile,omitempty,omitzero"`
	// branding is how the portal's pages look to the organization's people and customers.
	// +optional
	Branding Branding `json:"branding,omitempty,omitzero"`
	// primaryAdministrator is the organization's first contact. It grants no role by itself, with one exception: an
	// organization without any users starts by inviting this person as its first OrganizationAdmin.
	// +optional
	PrimaryAdministrator *PrimaryAdministrator `json:"primaryAdministrator,omitempty"`
	// billing says where invoices are sent and how they are paid.
	// +optional
	Billing Billing `json:"billing,omitempty,omitzero"`
	// subscription is the plan and the modules that the organization has bought, with their seats.
	// +optional
	Subscription Subscription `json:"subscription,omitempty,omitzero"`
	// settings apply to all workspaces of the organization.
	// +optional
	Settings OrganizationSettings `json:"settings,omitempty,omitzero"`
	// signIn is the organization's own OpenID provider: invited people accept by signing in with it, and the address that it has
	// verified takes the place of the second mail. The platform team has to allow its host. If unset, the platform's provider
	// is used, if it has one.
	// +optional
	SignIn *OrganizationSignIn `json:"signIn,omitempty"`
	// contacts receive the organization's alerts and reports. There are at most 64.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Contacts []Contact `json:"contacts,omitempty"`
	// delegates are identities that act with a role without being people, for example a GitOps controller, at most 32. They
	// take no seat and do not count as administrators.
	// +optional
	// +listType=map
	// +listMapKey=username
	// +kubebuilder:validation:MaxItems=32
	Delegates []Delegate `json:"delegates,omitempty"`
	// directory says how the organization's directory, such as Entra ID or Okta, manages accounts. It needs a token as well, which
	// kubectl usher directory token creates.
	// +optional
	Directory Directory `json:"directory,omitempty,omitzero"`
	// deletionProtection is Enabled or Disabled. While it is Enabled, the Organization cannot be deleted. Deleting its
	// namespace is not prevented. If unset, it is Disabled.
	// +optional
	// +default="Disabled"
	DeletionProtection Switch `json:"deletionProtection,omitempty"`
}

// OrganizationProfile describes the organization.
type OrganizationProfile struct {
	// displayName is the organization's name in mails and on pages. If unset, the object's name is used.
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// customerID is the platform's number for this customer. Once set, it cannot be changed or removed.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	CustomerID string `json:"customerID,omitempty"`
	// size is the number of employees, at least 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000
	Size int32 `json:"size,omitempty"`
	// address is the address of the head office.
	// +optional
	Address Address `json:"address,omitempty,omitzero"`
	// timeZone is the time zone in which times are shown, by its name in the IANA database such as Europe/Madrid. If unset,
	// UTC is used.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`
}

// Address is a postal address.
type Address struct {
	// street is the street and house number.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	Street string `json:"street,omitempty"`
	// city is the city or town.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	City string `json:"city,omitempty"`
	// region is the province or state.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	Region string `json:"region,omitempty"`
	// postalCode is the postal code, as text.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	PostalCode string `json:"postalCode,omitempty"`
	// country is the country's two-letter code such as ES (ISO 3166-1).
	// +optional
	Country CountryCode `json:"country,omitempty"`
}

// Branding is how the portal's pages look.
type Branding struct {
	// logo is a small picture, at most 16 KiB and 2,000 pixels wide and high: a PNG, JPEG or WebP file, in base64. Pages show
	// it on white, next to the organization's name, 40 pixels high. If unset, pages show the first letter of the name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=21848
	Logo []byte `json:"logo,omitempty"`
	// accentColor is the color of buttons and links. It is darkened, or lightened on dark screens, as far as legibility
	// requires. Errors and successes keep their own colors. A Workspace's page for customers can have another one. If unset,
	// Usher's own color is used.
	// +optional
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:XValidation:rule="self.matches('^#[0-9A-Fa-f]{6}$')",message="must be a color such as #0F5F5C"
	AccentColor string `json:"accentColor,omitempty"`
}

// PrimaryAdministrator is the organization's first contact.
type PrimaryAdministrator struct {
	// name is the person's name.
	// +optional
	Name DisplayName `json:"name,omitempty"`
	// email is the person's email address.
	// +required
	Email EmailAddress `json:"email,omitempty"`
	// phone is the person's phone number with the country code, such as +34600000001 (E.164).
	// +optional
	Phone PhoneNumber `json:"phone,omitempty"`
}

// Billing says where invoices are sent and how they are paid.
type Billing struct {
	// email is the address to which invoices are sent.
	// +optional
	Email EmailAddress `json:"email,omitempty"`
	// taxID is the organization's tax number.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	TaxID string `json:"taxID,omitempty"`
	// address is the billing address. If unset, the address of the profile is used.
	// +optional
	Address Address `json:"address,omitempty,omitzero"`
	// paymentSecretRef names the Secret with the payment details. Only roles that manage billing can read it.
	// +optional
	PaymentSecretRef *SecretReference `json:"paymentSecretRef,omitempty"`
}

// SecretReference names a Secret in the organization's namespace.
type SecretReference struct {
	// name is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be the name of a Secret: lowercase letters, digits, hyphens and dots"
	Name string `json:"name,omitempty"`
}

// Subscription is what the organization has bought.
type Subscription struct {
	// plan is the name of the plan.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\p{Cc}\p{Zl}\p{Zp}]') && self.matches(r'[^\s\pZ\pC]')`,message="must be a single line of text that is not blank and contains no control characters"
	Plan string `json:"plan,omitempty"`
	// modules are the products that the organization has bought, with their seats.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=32
	Modules []Module `json:"modules,omitempty"`
}

// Module is a product with a number of seats.
type Module struct {
	// name identifies the module.
	// +required
	Name ObjectName `json:"name,omitempty"`
	// seats is the number of people who can have the module at the same time, at most 10,000. Whoever asks for one when all
	// are taken waits, and gets the next one.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Seats *int32 `json:"seats,omitempty"`
	// clusterRoleName is the ClusterRole that the module grants to its holders in each of their workspaces. The platform
	// team must have given it the label accounts.usher.dev/grantable=true. If unset, the module only takes seats.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[/%\s\pZ\pC]') && self != '.' && self != '..'`,message="must be the name of a ClusterRole, without slashes, percent signs or whitespace"
	ClusterRoleName string `json:"clusterRoleName,omitempty"`
}

// OrganizationSettings apply to all workspaces. A Workspace can override those that WorkspaceSettings has as well.
type OrganizationSettings struct {
	// language is the language of mails and pages, as a language tag such as es or en-GB. Usher ships with es and en. If
	// unset, it is en.
	// +optional
	Language LanguageTag `json:"language,omitempty"`
	// sessionRecording says whether remote sessions are recorded: Enabled or Disabled. If unset, it is Disabled.
	// +optional
	SessionRecording Switch `json:"sessionRecording,omitempty"`
	// invitationValidityDays is the number of days for which the link in an invitation is valid, from 1 to 365. If unset, it
	// is 7. A change applies to mails that are sent afterwards. Workspaces cannot override it.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=365
	InvitationValidityDays int32 `json:"invitationValidityDays,omitempty"`
	// emailConfirmation says when invited people become active:
	//
	//   - Required: when they confirm their address by the link in a second mail.
	//   - Skipped: when they submit the registration form. No second mail is sent.
	//
	// If unset, it is Required. Workspaces cannot override it.
	// +optional
	EmailConfirmation Confirmation `json:"emailConfirmation,omitempty"`
	// workspaceAssignment says whether every user must be in at least one workspace (Required) or can be in none (Optional).
	// If unset, it is Optional. Workspaces cannot override it.
	// +optional
	WorkspaceAssignment Assignment `json:"workspaceAssignment,omitempty"`
	// accessMails says whether people are told by mail when their role, their workspaces or their modules in force change:
	//
	//   - Daily: each person is told of all changes in one mail, at most once a day.
	//   - Never: nobody is told.
	//
	// If unset, it is Daily. Workspaces cannot override it.
	// +optional
	AccessMails AccessMails `json:"accessMails,omitempty"`
	// reports say when contacts receive reports. If unset, they are sent on Mondays at 8 in the organization's time zone.
	// Workspaces cannot override them.
	// +optional
	Reports ReportSettings `json:"reports,omitempty,omitzero"`
}

// OrganizationSignIn is an organization's own OpenID provider. The portal is a public client of it and proves itself with PKCE, so
// there is no client secret.
type OrganizationSignIn struct {
	// issuerURL is the provider, exactly as its tokens name it, such as https://login.acme.example.
	// +required
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^https://[^\s@?#\pC]+$')`,message="must be an https URL without a user, a query and a fragment"
	IssuerURL string `json:"issuerURL,omitempty"`
	// clientID is the name by which the provider knows the portal.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\s\pC]')`,message="must not contain whitespace"
	ClientID string `json:"clientID,omitempty"`
	// displayName is what people know the provider by, for the button "Continue with …". If unset, it is the host in issuerURL.
	// +optional
	DisplayName DisplayName `json:"displayName,omitempty"`
	// allowedDomains are the mail domains whose addresses the provider vouches for, at most 32. If unset, it may vouch for all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	AllowedDomains []MailDomain `json:"allowedDomains,omitempty"`
	// emailVerified is whether tokens must say that the provider has verified the address:
	//
	//   - Required: they must.
	//   - Assumed: an address of which the token says nothing counts as verified, for a provider such as Entra ID that vouches only for
	//     its own people's addresses. One of which it says that it is not verified is refused.
	//
	// If unset, it is Required.
	// +optional
	EmailVerified EmailVerified `json:"emailVerified,omitempty"`
}

// EmailVerified is whether tokens must say that the provider has verified the address.
// +kubebuilder:validation:Enum=Required;Assumed
type EmailVerified string

const (
	// EmailVerifiedRequired takes only an address that the token says is verified.
	EmailVerifiedRequired EmailVerified = "Required"
	// EmailVerifiedAssumed also takes one of which the token says nothing.
	EmailVerifiedAssumed EmailVerified = "Assumed"
)

// MailDomain is a mail domain such as acme.example.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\s@.\pC]+([.][^\s@.\pC]+)*$')`,message="must be a mail domain such as acme.example"
type MailDomain string

// Delegate is an identity that acts with a role without being a person.
type Delegate struct {
	// username is the Kubernetes user name of the identity, for example that of a service account.
	// +required
	Username Username `json:"username,omitempty"`
	// role is what the identity may do in the organization:
	//
	//   - OrganizationAdmin manages everything, has Admin access to every workspace, and can delete the organization.
	//   - BillingAdmin manages billing and the subscription, and views everything else.
	//   - FinanceAdmin manages the profile, settings, contacts, billing and workspaces, and views the rest.
	//   - UserAdmin manages workspaces and Members, assigns all users to workspaces, and views the profile and billing.
	//   - Technician views everything and changes nothing.
	//   - Member has access to the workspaces granted, and to nothing else.
	//   - NotificationsOnly receives notifications and has no access.
	// +required
	Role Role `json:"role,omitempty"`
}

// Organization is a customer organization. It must have the same name as its namespace, so there is only one in each
// namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=org,categories=usher
// +kubebuilder:printcolumn:name="Display Name",type=string,JSONPath=`.spec.profile.displayName`
// +kubebuilder:printcolumn:name="Users",type=integer,JSONPath=`.status.users.total`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.users.pending`
// +kubebuilder:printcolumn:name="Workspaces",type=integer,JSONPath=`.status.workspaces`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.spec) || !has(oldSelf.spec.profile) || !has(oldSelf.spec.profile.customerID) || (has(self.spec) && has(self.spec.profile) && has(self.spec.profile.customerID) && self.spec.profile.customerID == oldSelf.spec.profile.customerID)",message="is immutable: once set, it cannot be changed or removed",fieldPath=".spec.profile.customerID",reason=FieldValueForbidden
type Organization struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the requested organization.
	// +optional
	Spec OrganizationSpec `json:"spec,omitempty,omitzero"`
	// status is the organization in force.
	// +optional
	Status OrganizationStatus `json:"status,omitempty,omitzero"`
}

// OrganizationList is a list of Organizations.
//
// +kubebuilder:object:root=true
type OrganizationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Organization `json:"items"`
}

// GetConditions returns the conditions, for code that writes them for every kind.
func (o *Organization) GetConditions() *[]metav1.Condition { return &o.Status.Conditions }

// SetObservedGeneration records the generation of the spec that the status describes.
func (o *Organization) SetObservedGeneration(g int64) { o.Status.ObservedGeneration = g }
