// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	. "github.com/onsi/ginkgo/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Who may do what with an Organization. A UserAdmin sees the subscription as well, although the table of roles does not
// grant it: it is a field of the Organization, and RBAC cannot hide fields.
const (
	//              Org Bil Fin Use Tec Mem Not del str no
	seeOrganization = "y   y   y   y   y   r   r   y   y   r"
	profile         = "y   w   y   r   r   r   r   y   w   r"
	billing         = "y   y   y   r   r   r   r   y   w   r"
	subscription    = "y   y   w   r   r   r   r   y   w   r"
	itself          = "y   w   w   r   r   r   r   y   w   r"
	anyPart         = "y   y   y   r   r   r   r   y   w   r"
	ushersPart      = "w   w   w   r   r   r   r   w   w   r"
	deleteIt        = "y   r   r   r   r   r   r   y   w   r"
	makeIt          = "r   r   r   r   r   r   r   r   r   r"
)

const (
	profileManagers      = "only an OrganizationAdmin or FinanceAdmin may change spec."
	billingManagers      = "only an OrganizationAdmin, BillingAdmin or FinanceAdmin may change spec."
	subscriptionManagers = "only an OrganizationAdmin or BillingAdmin may change spec."
	owners               = "only an OrganizationAdmin may change spec."
)

// field changes one field of the organization.
func field(path, cells, could, patch string) row {
	return patched("ORG-3 ORG-6 ORG-8 NOV-6 GTA-1 GTA-2 "+path, cells, could+path, "organizations", "$org", `{"spec":`+patch+`}`)
}

var _ = Describe("An Organization", func() {
	rows(common("organizations", "$org", seeOrganization, anyPart, ushersPart))

	rows([]row{
		field("profile.displayName", profile, profileManagers, `{"profile":{"displayName":"Other"}}`),
		field("profile.customerID", profile, profileManagers, `{"profile":{"customerID":"C-1"}}`),
		field("profile.size", profile, profileManagers, `{"profile":{"size":7}}`),
		field("profile.address.street", profile, profileManagers, `{"profile":{"address":{"street":"Gran Vía 1"}}}`),
		field("profile.address.city", profile, profileManagers, `{"profile":{"address":{"city":"Madrid"}}}`),
		field("profile.address.region", profile, profileManagers, `{"profile":{"address":{"region":"Madrid"}}}`),
		field("profile.address.postalCode", profile, profileManagers, `{"profile":{"address":{"postalCode":"28013"}}}`),
		field("profile.address.country", profile, profileManagers, `{"profile":{"address":{"country":"ES"}}}`),
		field("profile.timeZone", profile, profileManagers, `{"profile":{"timeZone":"Europe/Madrid"}}`),
		field("branding.accentColor", profile, profileManagers, `{"branding":{"accentColor":"#B3261E"}}`),
		field("branding.logo", profile, profileManagers,
			`{"branding":{"logo":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="}}`),
		field("primaryAdministrator.name", profile, profileManagers, `{"primaryAdministrator":{"name":"Bea"}}`),
		field("primaryAdministrator.email", profile, profileManagers, `{"primaryAdministrator":{"email":"b@acme.example"}}`),
		field("primaryAdministrator.phone", profile, profileManagers, `{"primaryAdministrator":{"phone":"+34600000001"}}`),
		field("settings.language", profile, profileManagers, `{"settings":{"language":"es"}}`),
		field("settings.sessionRecording", profile, profileManagers, `{"settings":{"sessionRecording":"Enabled"}}`),
		field("settings.invitationValidityDays", profile, profileManagers, `{"settings":{"invitationValidityDays":14}}`),
		field("settings.emailConfirmation", profile, profileManagers, `{"settings":{"emailConfirmation":"Skipped"}}`),
		field("settings.workspaceAssignment", profile, profileManagers, `{"settings":{"workspaceAssignment":"Required"}}`),
		field("settings.accessMails", profile, profileManagers, `{"settings":{"accessMails":"Never"}}`),
		field("settings.reports.frequency", profile, profileManagers, `{"settings":{"reports":{"frequency":"Daily"}}}`),
		field("settings.reports.weekday", profile, profileManagers, `{"settings":{"reports":{"weekday":"Friday"}}}`),
		field("settings.reports.hour", profile, profileManagers, `{"settings":{"reports":{"hour":0}}}`),
		field("contacts", profile, profileManagers, `{"contacts":[{"name":"Desk"}]}`),
		field("billing.email", billing, billingManagers, `{"billing":{"email":"billing@acme.example"}}`),
		field("billing.taxID", billing, billingManagers, `{"billing":{"taxID":"ESB0"}}`),
		field("billing.address.street", billing, billingManagers, `{"billing":{"address":{"street":"Gran Vía 1"}}}`),
		field("billing.address.city", billing, billingManagers, `{"billing":{"address":{"city":"Madrid"}}}`),
		field("billing.address.region", billing, billingManagers, `{"billing":{"address":{"region":"Madrid"}}}`),
		field("billing.address.postalCode", billing, billingManagers, `{"billing":{"address":{"postalCode":"28013"}}}`),
		field("billing.address.country", billing, billingManagers, `{"billing":{"address":{"country":"ES"}}}`),
		field("billing.paymentSecretRef.name", billing, billingManagers, `{"billing":{"paymentSecretRef":{"name":"card"}}}`),
		field("subscription.plan", subscription, subscriptionManagers, `{"subscription":{"plan":"Business"}}`),
		field("subscription.modules", subscription, subscriptionManagers, `{"subscription":{"modules":[{"name":"desk","seats":3}]}}`),
		patched("ORG-6 the ClusterRole of a module", itself, "", "organizations", "$org",
			`{"spec":{"subscription":{"modules":[{"name":"desk","seats":3,"clusterRoleName":"edit"}]}}}`),
		field("delegates", itself, owners, `{"delegates":[]}`),
		field("deletionProtection", itself, owners, `{"deletionProtection":"Enabled"}`),
		field("directory.paused", itself, owners, `{"directory":{"paused":true}}`),
		field("directory.onboarding", itself, owners, `{"directory":{"onboarding":"Invite"}}`),
		field("directory.roles", itself, owners, `{"directory":{"roles":[{"group":"leads","role":"UserAdmin"}]}}`),
		field("directory.modules", itself, owners, `{"directory":{"modules":[{"group":"leads","modules":["desk"]}]}}`),
		field("directory.protection.people", itself, owners, `{"directory":{"protection":{"people":0}}}`),
		field("directory.protection.allowUntil", itself, owners, `{"directory":{"protection":{"allowUntil":"2026-11-30T10:00:00Z"}}}`),
	})

	both := `{"profile":{"size":7},"settings":{"language":"es"},"billing":{"email":"billing@acme.example"}}`
	rows([]row{
		patched("ORG-6 profile, settings and billing at once", profile,
			`only an OrganizationAdmin or FinanceAdmin may change spec.profile.size; `, "organizations", "$org", `{"spec":`+both+`}`),
		applied("ORG-6 the same by server-side apply", profile, profileManagers+"settings.language", "organizations", "$org", both),
		replaced("ORG-6 the same by update", profile, profileManagers+"profile.size", "organizations", "$org",
			func(o *unstructured.Unstructured) error {
				return unstructured.SetNestedField(o.Object, int64(7), "spec", "profile", "size")
			}),
		replaced("an update that changes nothing", anyPart, "", "organizations", "$org", func(*unstructured.Unstructured) error { return nil }),
		patched("DIR-4 a group that gives the role OrganizationAdmin, which the platform does not allow", "c   w   w   r   r   r   r   c   w   r",
			"cannot be given by a group", "organizations", "$org",
			`{"spec":{"directory":{"roles":[{"group":"leads","role":"OrganizationAdmin"}]}}}`),
		patched("a misspelled time zone", "c   w   c   r   r   r   r   c   w   r", "is not in the IANA time zone database",
			"organizations", "$org", `{"spec":{"profile":{"timeZone":"Europe/Atlantis"}}}`),
		created("a new one, which only the platform creates", makeIt, "", "organizations", "$org", `{}`),
		deleted("ORG-3 ORG-7 ORG-8 delete it", deleteIt, "", "organizations", "$org"),
	})
})
