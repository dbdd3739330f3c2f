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

var _ = Describe("ORG-24 A person, whatever the role,", func() {
	self := func(role v1alpha1.Role) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", "eva").Role(role).Obj()
		u.Status.State, u.Status.Role = v1alpha1.UserActive, role
		return u
	}
	for _, role := range allRoles {
		eva := person("eva", role)
		other := map[v1alpha1.Role]v1alpha1.Role{member: technician}[role]
		if other == "" {
			other = member
		}

		could := "an OrganizationAdmin"
		if role == orgAdmin {
			could = "another OrganizationAdmin"
		}

		It("cannot remove or suspend themselves or change their own role: "+string(role), func() {
			for what, r := range map[string]authz.Request{
				"remove yourself from the organization": asked(eva, authz.Delete, self(role)),
				"change your own role":                  update(eva, self(role), changed(self(role), func(u *v1alpha1.OrgUser) { u.Spec.Role = other })),
				"suspend yourself":                      update(eva, self(role), changed(self(role), suspended)),
			} {
				Expect(authz.Judge(about(r, acme("ana"), true))).To(ContainElement(And(
					HaveField("Rule", "not-oneself"), HaveField("Reason", authz.Forbidden), HaveField("Message",
						`user "eva@acme.example" is `+string(role)+` in organization "acme": you cannot `+what+
							`; `+could+` can`))), what)
			}
		})
	}

	It("cannot do so together with another change", func() {
		both := func(u *v1alpha1.OrgUser) { u.Spec.DisplayName, u.Spec.Role = "Eva", technician }
		Expect(rules(authz.Judge(update(person("eva", orgAdmin), self(orgAdmin), changed(self(orgAdmin), both))))).To(Equal([]string{"not-oneself"}))
	})

	It("is told of each fault", func() {
		both := func(u *v1alpha1.OrgUser) { u.Spec.Role, u.Spec.Suspend = technician, true }
		Expect(fields(authz.Judge(update(person("eva", orgAdmin), self(orgAdmin), changed(self(orgAdmin), both))))).To(
			Equal([]string{"spec.role", "spec.suspend"}))
	})

	It("cannot take another address that nobody confirms", func() {
		at := func(email string, onboarding v1alpha1.Onboarding) *v1alpha1.OrgUser {
			return changed(self(orgAdmin), func(u *v1alpha1.OrgUser) {
				u.Spec.Email, u.Spec.Onboarding, u.Status.Email = v1alpha1.EmailAddress(email), onboarding, "eva@acme.example"
			})
		}
		const own, boss, none, invite = "eva@acme.example", "boss@acme.example", v1alpha1.OnboardingNone, v1alpha1.OnboardingInvite
		for _, r := range []authz.Request{
			update(person("eva", orgAdmin), at(own, none), at(boss, none)),
			update(person("eva", orgAdmin), at(own, invite), at(boss, none)),
			update(person("eva", orgAdmin), at(boss, invite), at(boss, none)), // what is to be confirmed
		} {
			Expect(fields(authz.Judge(r))).To(Equal([]string{"spec.email"}))
		}
		Expect(authz.Judge(update(person("eva", orgAdmin), at(own, invite), at(boss, invite)))).To(BeEmpty(), "it is to be confirmed")
		Expect(authz.Judge(update(person("eva", orgAdmin), at(own, none), at("EVA@acme.example", none)))).To(BeEmpty())
		Expect(authz.Judge(update(person("ana", orgAdmin), at(own, none), at(boss, none)))).To(BeEmpty())
	})

	It("may change the rest of their account as their role allows", func() {
		Expect(authz.Judge(update(person("eva", orgAdmin), self(orgAdmin), changed(self(orgAdmin), renamed)))).To(BeEmpty())
		Expect(rules(authz.Judge(update(person("eva", technician), self(technician), changed(self(technician), renamed))))).To(Equal([]string{"area-managed"}))
	})

	It("may remove another object of the same name; another actor may remove the account", func() {
		eva := person("eva", orgAdmin)
		Expect(authz.Judge(asked(eva, authz.Delete, builders.Workspace("acme", "eva").Obj()))).To(BeEmpty())
		Expect(authz.Judge(asked(eva, authz.Delete, builders.Invitation("acme", "eva", "a@acme.example").Obj()))).To(BeEmpty())
		Expect(authz.Judge(asked(delegate(orgAdmin), authz.Delete, self(member)))).To(BeEmpty())
		Expect(authz.Judge(asked(person("ana", orgAdmin), authz.Delete, self(member)))).To(BeEmpty(), "somebody else with the authority can")
	})
})
