// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A refusal", func() {
	self := func(role v1alpha1.Role) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", "eva").Role(role).Obj()
		u.Status.State, u.Status.Role = v1alpha1.UserActive, role
		return u
	}
	eva, ana, bea := person("eva", userAdmin), person("ana", orgAdmin), inForce("bea")
	both := func(u *v1alpha1.OrgUser) { u.Spec.Role, u.Spec.Suspend = member, true }
	const byEva = `user "eva@acme.example" is UserAdmin in organization "acme": `
	const lastBea = `; only another OrganizationAdmin could do that, and "bea" would have to make somebody else one first`
	const lastAna = `user "ana@acme.example" is OrganizationAdmin in organization "acme": "ana" is its last administrator in force, and you cannot `
	const others = `; make somebody else OrganizationAdmin first, who can do it then`

	DescribeTable("advises nothing that another one makes impossible", func(r authz.Request, last bool, message string) {
		o := acme("ana", "bea")
		if last {
			o = acme(r.Old.GetName())
		}
		found := authz.Judge(about(r, o, !last))
		Expect(found).To(HaveExactElements(HaveField("Message", message)))
	},
		Entry("ORG-4 to a UserAdmin who deletes the last administrator", asked(eva, authz.Delete, bea), true,
			byEva+`"bea" is its last administrator in force and cannot be deleted`+lastBea),
		Entry("ORG-4 to a UserAdmin who demotes the last administrator", update(eva, bea, changed(bea, demoted)), true,
			byEva+`"bea" is its last administrator in force and cannot be demoted`+lastBea),
		Entry("ORG-4 to a UserAdmin who demotes and suspends the last administrator", update(eva, bea, changed(bea, both)), true,
			byEva+`"bea" is its last administrator in force and cannot be suspended`+lastBea),
		Entry("ORG-4 ORG-24 to the last administrator who leaves", asked(ana, authz.Delete, inForce("ana")), true, lastAna+"remove yourself from the organization"+others),
		Entry("ORG-4 ORG-24 to the last administrator who steps down",
			update(ana, inForce("ana"), changed(inForce("ana"), demoted)), true, lastAna+"change your own role"+others),
		Entry("ORG-4 ORG-24 to the last administrator who suspends themselves",
			update(ana, inForce("ana"), changed(inForce("ana"), suspended)), true, lastAna+"suspend yourself"+others),
		Entry("ORG-24 to a UserAdmin who leaves", asked(eva, authz.Delete, self(userAdmin)), false,
			byEva+`you cannot remove yourself from the organization; an OrganizationAdmin can`),
		Entry("ORG-24 to a UserAdmin who takes another role", update(eva, self(userAdmin), changed(self(userAdmin), demoted)), false,
			byEva+`you cannot change your own role; an OrganizationAdmin can`),
		Entry("ORG-24 to a UserAdmin who suspends themselves", update(eva, self(userAdmin), changed(self(userAdmin), suspended)), false,
			byEva+`you cannot suspend yourself; an OrganizationAdmin can`),
		Entry("to a Technician who changes what is Usher's", update(person("eva", technician), self(member),
			changed(self(member), func(u *v1alpha1.OrgUser) { u.Labels = map[string]string{v1alpha1.LabelUser: "x"} })), false,
			`user "eva@acme.example" is Technician in organization "acme": only Usher may change metadata.labels[accounts.usher.dev/user]; `+
				`leave it as it is`),
	)

	It("names each thing that somebody else may do, beside what nobody may", func() {
		r := update(eva, self(technician), changed(self(technician), func(u *v1alpha1.OrgUser) {
			u.Name, u.Spec.Role, u.Labels = "eva", member, map[string]string{v1alpha1.LabelUser: "x"}
		}))
		r.Actor.User = "other"
		Expect(rules(authz.Judge(r))).To(ConsistOf("usher-only", "role-frozen"))
	})

	It("sends to the platform team while the organization has nobody else to ask", func() {
		mallory := asked(authz.Actor{Kind: authz.ActorNobody, Username: "mallory"}, authz.Delete, self(member))
		Expect(authz.Judge(about(mallory, acme(), false))).To(HaveExactElements(HaveField("Message",
			`user "mallory" has no active account in organization "acme" and may not delete users: the organization has no OrganizationAdmin `+
				`in force yet: ask the platform team`)))
		promoted := changed(self(userAdmin), func(u *v1alpha1.OrgUser) { u.Spec.Role = orgAdmin })
		Expect(authz.Judge(about(update(eva, self(userAdmin), promoted), acme(), false))).To(HaveExactElements(HaveField("Message",
			byEva+"you cannot change your own role; the platform team can")))
		luis := builders.OrgUser("acme", "luis").Role(orgAdmin).Obj()
		Expect(authz.Judge(about(asked(eva, authz.Create, luis), acme(), false))).To(HaveExactElements(HaveField("Message",
			byEva+`only an OrganizationAdmin may set role "OrganizationAdmin"; none is in force yet: ask the platform team`)))
		paying := func(email string) *v1alpha1.Organization {
			return builders.Organization("acme").PrimaryAdministrator("Ana", email).Obj()
		}
		Expect(authz.Judge(about(update(person("fin", financeAdmin), paying("a@acme.example"), paying("b@acme.example")), acme(), false))).To(
			HaveExactElements(HaveField("Message", `user "fin@acme.example" is FinanceAdmin in organization "acme": whoever is named in `+
				`spec.primaryAdministrator.email may become the first administrator: ask the platform team to change it`)))
		delegated := builders.Organization("acme").Delegate("argocd", orgAdmin).Obj()
		Expect(authz.Judge(about(asked(eva, authz.Create, luis), delegated, false))).To(HaveExactElements(HaveField("Message",
			byEva+`only an OrganizationAdmin may set role "OrganizationAdmin"`)))
	})

	It("ORG-25 says who ends the protection against deletion", func() {
		found := authz.Judge(asked(person("eva", billingAdmin), authz.Delete, builders.Organization("acme").Protected().Obj()))
		Expect(found).To(HaveExactElements(HaveField("Rule", "area-managed"), HaveField("Message", HaveSuffix(
			"; an OrganizationAdmin must set spec.deletionProtection to Disabled first"))))
	})
})
