// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// Who may change a part of an Organization, and how a refusal names them.
var (
	byProfile      = managers{"an OrganizationAdmin or FinanceAdmin", []v1alpha1.Role{orgAdmin, financeAdmin}}
	byBilling      = managers{"an OrganizationAdmin, BillingAdmin or FinanceAdmin", []v1alpha1.Role{orgAdmin, billingAdmin, financeAdmin}}
	bySubscription = managers{"an OrganizationAdmin or BillingAdmin", []v1alpha1.Role{orgAdmin, billingAdmin}}
	byOwner        = managers{"an OrganizationAdmin", []v1alpha1.Role{orgAdmin}}
)

type managers struct {
	text  string
	roles []v1alpha1.Role
}

// organizationFields lists every field of an Organization's spec, with two values and who may change it.
var organizationFields = []struct {
	path   string
	values [2]any
	by     managers
}{
	{"spec.profile.displayName", [2]any{"Acme", "Acme S.A."}, byProfile},
	{"spec.profile.customerID", [2]any{"C-1", "C-2"}, byProfile},
	{"spec.profile.size", [2]any{250, 251}, byProfile},
	{"spec.profile.address.street", [2]any{"Gran Vía 1", "Calle Mayor 2"}, byProfile},
	{"spec.profile.address.city", [2]any{"Madrid", "Cádiz"}, byProfile},
	{"spec.profile.address.region", [2]any{"Madrid", "Andalucía"}, byProfile},
	{"spec.profile.address.postalCode", [2]any{"28013", "11001"}, byProfile},
	{"spec.profile.address.country", [2]any{"ES", "PT"}, byProfile},
	{"spec.profile.timeZone", [2]any{"Europe/Madrid", "Atlantic/Canary"}, byProfile},
	{"spec.branding.logo", [2]any{
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
		"UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
	}, byProfile},
	{"spec.branding.accentColor", [2]any{"#B3261E", "#0F5F5C"}, byProfile},
	{"spec.primaryAdministrator.name", [2]any{"Ana", "Bea"}, byProfile},
	{"spec.primaryAdministrator.email", [2]any{"ana@acme.example", "bea@acme.example"}, byProfile},
	{"spec.primaryAdministrator.phone", [2]any{"+34600000001", "+34600000002"}, byProfile},
	{"spec.settings.language", [2]any{"es", "en"}, byProfile},
	{"spec.settings.sessionRecording", [2]any{"Enabled", "Disabled"}, byProfile},
	{"spec.settings.invitationValidityDays", [2]any{7, 14}, byProfile},
	{"spec.settings.emailConfirmation", [2]any{"Required", "Skipped"}, byProfile},
	{"spec.settings.workspaceAssignment", [2]any{"Optional", "Required"}, byProfile},
	{"spec.settings.accessMails", [2]any{"Daily", "Never"}, byProfile},
	{"spec.settings.reports.frequency", [2]any{"Weekly", "Daily"}, byProfile},
	{"spec.settings.reports.weekday", [2]any{"Monday", "Friday"}, byProfile},
	{"spec.settings.reports.hour", [2]any{8, 0}, byProfile},
	{"spec.contacts", [2]any{list("name", "Desk"), list("name", "Night")}, byProfile},
	{"spec.billing.email", [2]any{"a@acme.example", "b@acme.example"}, byBilling},
	{"spec.billing.taxID", [2]any{"ESB0", "ESB1"}, byBilling},
	{"spec.billing.address.street", [2]any{"Gran Vía 1", "Calle Mayor 2"}, byBilling},
	{"spec.billing.address.city", [2]any{"Madrid", "Cádiz"}, byBilling},
	{"spec.billing.address.region", [2]any{"Madrid", "Andalucía"}, byBilling},
	{"spec.billing.address.postalCode", [2]any{"28013", "11001"}, byBilling},
	{"spec.billing.address.country", [2]any{"ES", "PT"}, byBilling},
	{"spec.billing.paymentSecretRef.name", [2]any{"card", "bank"}, byBilling},
	{"spec.subscription.plan", [2]any{"Business", "Basic"}, bySubscription},
	{"spec.subscription.modules", [2]any{list("name", "desk"), list("name", "remote")}, bySubscription},
	{"spec.delegates", [2]any{list("username", "argocd"), list("username", "flux")}, byOwner},
	{"spec.signIn.issuerURL", [2]any{"https://login.acme.example", "https://sso.acme.example"}, byOwner},
	{"spec.signIn.clientID", [2]any{"usher", "portal"}, byOwner},
	{"spec.signIn.displayName", [2]any{"Acme ID", "Acme"}, byOwner},
	{"spec.signIn.allowedDomains", [2]any{[]any{"acme.example"}, []any{"acme.test"}}, byOwner},
	{"spec.signIn.emailVerified", [2]any{"Required", "Assumed"}, byOwner},
	{"spec.deletionProtection", [2]any{"Enabled", "Disabled"}, byOwner},
	{"spec.directory.paused", [2]any{true, nil}, byOwner},
	{"spec.directory.onboarding", [2]any{"Active", "Invite"}, byOwner},
	{"spec.directory.roles", [2]any{list("group", "leads"), list("group", "chiefs")}, byOwner},
	{"spec.directory.modules", [2]any{list("group", "leads"), list("group", "chiefs")}, byOwner},
	{"spec.directory.protection.people", [2]any{5, 0}, byOwner},
	{"spec.directory.protection.percent", [2]any{5, 0}, byOwner},
	{"spec.directory.protection.hours", [2]any{5, 6}, byOwner},
	{"spec.directory.protection.allowUntil", [2]any{"2026-11-30T10:00:00Z", "2026-11-30T11:00:00Z"}, byOwner},
}

func list(key, value string) any { return []any{map[string]any{key: value}} }

// holding returns an organization with a field set, or without the field if value is nil.
func holding(path string, value any) *v1alpha1.Organization {
	GinkgoHelper()
	o := builders.Organization("acme").Obj()
	o.Status.Administrators = []string{"ana"}
	if value == nil {
		return o
	}
	names := strings.Split(path, ".")
	for _, name := range slices.Backward(names) {
		value = map[string]any{name: value}
	}
	raw, err := json.Marshal(value)
	Expect(err).NotTo(HaveOccurred())
	Expect(json.Unmarshal(raw, o)).To(Succeed())
	return o
}

// leaves returns the paths of a spec's fields, by its type. Lists are leaves.
func leaves(path string, t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[metav1.Time]() {
		return []string{path}
	}
	var paths []string
	for n := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(n).Tag.Get("json"), ",")
		paths = append(paths, leaves(path+"."+name, t.Field(n).Type)...)
	}
	return paths
}

var _ = Describe("The fields of an Organization", func() {
	It("are all in the table of these specs", func() {
		var paths []string
		for _, field := range organizationFields {
			paths = append(paths, field.path)
		}
		Expect(paths).To(ConsistOf(leaves("spec", reflect.TypeFor[v1alpha1.OrganizationSpec]())))
	})

	for _, field := range organizationFields {
		It("ORG-3 ORG-6 ORG-8 NOV-6 GTA-1 GTA-2 "+field.path+" is changed by "+field.by.text+" only", func() {
			for _, change := range [][2]any{{nil, field.values[0]}, field.values, {field.values[1], nil}} {
				before, after := holding(field.path, change[0]), holding(field.path, change[1])
				if field.path == "spec.deletionProtection" && change[1] == nil || change[0] == nil && change[1] == nil {
					continue // an absent value means Disabled
				}
				Expect(authz.ChangedFields(before.Spec, after.Spec)).To(Equal([]string{field.path}))
				for _, role := range allRoles {
					for _, actor := range []authz.Actor{person("eva", role), delegate(role)} {
						found := authz.Judge(update(actor, before, after))
						if slices.Contains(field.by.roles, role) {
							Expect(found).To(BeEmpty(), string(role))
							continue
						}
						Expect(found).To(HaveLen(1), string(role))
						Expect(found[0]).To(And(HaveField("Field", field.path), HaveField("Reason", authz.Forbidden),
							HaveField("Message", HaveSuffix("only "+field.by.text+" may change "+field.path))), string(role))
					}
				}
			}
		})
	}

	It("ORG-6 are judged one by one: the refusal names each field that the role may not change, and no other", func() {
		before := builders.Organization("acme").Obj()
		after := before.DeepCopy()
		after.Spec.Profile.Size = 3
		after.Spec.Settings.Language = "es"
		after.Spec.Billing.Email = "billing@acme.example"
		found := authz.Judge(update(person("eva", billingAdmin), before, after))
		Expect(fields(found)).To(Equal([]string{"spec.profile.size", "spec.settings.language"}))
		Expect(found[0].Message).To(Equal(`user "eva@acme.example" is BillingAdmin in organization "acme": ` +
			`only an OrganizationAdmin or FinanceAdmin may change spec.profile.size`))

		found = authz.Judge(update(person("eva", financeAdmin), holding("spec.subscription.plan", "Basic"),
			holding("spec.profile.size", 3)))
		Expect(fields(found)).To(Equal([]string{"spec.subscription.plan"}))
		Expect(authz.Judge(update(person("ana", orgAdmin), before, after))).To(BeEmpty())
	})

	It("ORG-6 that the API server defaults do not count as changed", func() {
		before := builders.Organization("acme").Obj()
		after := holding("spec.billing.taxID", "ESB0")
		after.Spec.DeletionProtection = v1alpha1.SwitchDisabled
		Expect(authz.Judge(update(person("eva", billingAdmin), before, after))).To(BeEmpty())
		after.Spec.DeletionProtection = v1alpha1.SwitchEnabled
		Expect(fields(authz.Judge(update(person("eva", billingAdmin), before, after)))).To(Equal([]string{"spec.deletionProtection"}))
	})

	It("ORG-6 let a BillingAdmin buy modules and seats, but not decide what a module grants in workspaces", func() {
		desk := func(seats int32, clusterRole string) *v1alpha1.Organization {
			return builders.Organization("acme").ModuleWithRole("desk", seats, clusterRole).Obj()
		}
		billing := person("eva", billingAdmin)
		Expect(passes(update(billing, desk(3, "edit"), desk(5, "edit")))).To(BeTrue())
		Expect(passes(update(billing, desk(3, ""), builders.Organization("acme").Obj()))).To(BeTrue())
		for _, r := range []authz.Request{
			update(billing, desk(3, ""), desk(3, "admin")), update(billing, desk(3, "view"), desk(3, "admin")),
			update(billing, builders.Organization("acme").Obj(), desk(3, "edit")),
		} {
			found := authz.Judge(r)
			Expect(fields(found)).To(Equal([]string{"spec.subscription.modules"}))
			Expect(found[0].Message).To(HaveSuffix("only an OrganizationAdmin may change the clusterRoleName of a module"))
			r.Actor = person("ana", orgAdmin)
			Expect(passes(r)).To(BeTrue())
		}
	})

	It("may stay as they are while anyone who manages a part changes labels and annotations", func() {
		before := builders.Organization("acme").Obj()
		after := before.DeepCopy()
		after.Labels, after.Annotations = map[string]string{"team": "blue"}, map[string]string{"note": "x"}
		for _, role := range allRoles {
			may := slices.Contains([]v1alpha1.Role{orgAdmin, billingAdmin, financeAdmin}, role)
			Expect(passes(update(person("eva", role), before, after))).To(Equal(may), string(role))
		}
	})

	It("WXP-3 ORG-12 name the first administrator, whom only an OrganizationAdmin may choose while there is none", func() {
		const field = "spec.primaryAdministrator.email"
		before, after := builders.Organization("acme").Obj(), holding(field, "mallory@acme.example")
		Expect(authz.Judge(update(delegate(orgAdmin), before, after))).To(BeEmpty())
		Expect(authz.Judge(update(platformActor, before, after))).To(BeEmpty())
		Expect(authz.Judge(update(delegate(financeAdmin), before, after))).To(HaveExactElements(And(
			HaveField("Rule", "first-administrator"), HaveField("Field", field), HaveField("Message", HaveSuffix(
				`is FinanceAdmin in organization "acme": only an OrganizationAdmin may change spec.primaryAdministrator.email while there is `+
					`no administrator, because that person may become the first one`)))))
		other := builders.Organization("acme").Obj()
		other.Spec.PrimaryAdministrator = &v1alpha1.PrimaryAdministrator{Phone: "+34600000001"}
		Expect(authz.Judge(update(delegate(financeAdmin), before, other))).To(BeEmpty(), "contact data")
	})

	It("WXP-5 include delegates, which only an OrganizationAdmin may set, even those with a lesser role", func() {
		before := builders.Organization("acme").Obj()
		after := builders.Organization("acme").Delegate("argocd", member).Obj()
		for _, role := range allRoles[1:] {
			Expect(fields(authz.Judge(update(person("eva", role), before, after)))).To(Equal([]string{"spec.delegates"}), string(role))
		}
	})
})
