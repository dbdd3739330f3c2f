// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// inForce gives an active administrator of the name.
func inForce(name string) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Role(orgAdmin).Obj()
	u.Status.State, u.Status.Role = v1alpha1.UserActive, orgAdmin
	return u
}

var (
	demoted   = func(u *v1alpha1.OrgUser) { u.Spec.Role = member }
	suspended = func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }
	renamed   = func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Bea" }
)

// about adds facts to a request.
func about(r authz.Request, o *v1alpha1.Organization, other bool) authz.Request {
	r.Facts = authz.Facts{Organization: o, OtherAdministrator: other}
	return r
}

var _ = Describe("ORG-4 the last administrator", func() {
	bea := inForce("bea")
	const message = `, who is the last administrator in force of organization "acme": make somebody else OrganizationAdmin first`
	actors := map[string]authz.Actor{
		`user "ana@acme.example" is OrganizationAdmin in organization "acme"`:                      person("ana", orgAdmin),
		`delegate "system:serviceaccount:argocd:acme" is OrganizationAdmin in organization "acme"`: delegate(orgAdmin),
		`user "` + platformActor.Username + `" acts for the platform in organization "acme"`:       platformActor,
	}

	It("is not deleted, demoted or suspended by anybody, with the field named and no role at fault", func() {
		for who, actor := range actors {
			for _, c := range []struct {
				field, what string
				request     authz.Request
			}{
				{"metadata.deletionTimestamp", "delete", asked(actor, authz.Delete, bea)},
				{"spec.role", "take the role from", update(actor, bea, changed(bea, demoted))},
				{"spec.suspend", "suspend", update(actor, bea, changed(bea, suspended))},
			} {
				found := authz.Judge(about(c.request, acme("bea"), false))
				Expect(found).To(HaveLen(1))
				Expect(found[0]).To(And(HaveField("Field", c.field), HaveField("Reason", authz.Invalid),
					HaveField("Rule", "last-administrator"), HaveField("Message", who+" and may not "+c.what+` "bea"`+message)))
			}
		}
	})

	It("is free to go when another administrator in force wants to stay", func() {
		for _, actor := range actors {
			for _, r := range []authz.Request{
				asked(actor, authz.Delete, bea), update(actor, bea, changed(bea, demoted)), update(actor, bea, changed(bea, suspended)),
			} {
				Expect(authz.Judge(about(r, acme("ana", "bea"), true))).To(BeEmpty())
			}
		}
	})

	It("is changed in everything else", func() {
		Expect(authz.Judge(about(update(platformActor, bea, changed(bea, renamed)), acme("bea"), false))).To(BeEmpty())
	})

	DescribeTable("is not in question", func(user *v1alpha1.OrgUser, o *v1alpha1.Organization) {
		Expect(authz.Judge(about(asked(platformActor, authz.Delete, user), o, false))).To(BeEmpty())
		Expect(authz.Judge(about(update(platformActor, user, changed(user, suspended)), o, false))).To(BeEmpty())
	},
		Entry("without an organization", bea, nil),
		Entry("in an organization that is being deleted", bea, func() *v1alpha1.Organization {
			o := acme("bea")
			now := metav1.Unix(1, 0)
			o.DeletionTimestamp = &now
			return o
		}()),
		Entry("for who is no administrator in force", bea, acme("ana")),
		Entry("for who is on the way out already", deleted(inForce("bea")), acme("bea")),
		Entry("for who is held in force against the wish", changed(bea, demoted), acme("bea")),
	)

	It("is Usher's and the cleaners' to remove", func() {
		for _, kind := range []authz.ActorKind{authz.ActorOperator, authz.ActorCleaner} {
			Expect(authz.Judge(about(asked(authz.Actor{Kind: kind}, authz.Delete, bea), acme("bea"), false))).To(BeEmpty())
		}
	})
})

var _ = Describe("ORG-25 deletion protection", func() {
	protected := builders.Organization("acme").Protected().Obj()

	It("refuses the deletion, whoever asks, and says what to do", func() {
		for _, actor := range []authz.Actor{person("ana", orgAdmin), delegate(orgAdmin), platformActor} {
			found := authz.Judge(asked(actor, authz.Delete, protected))
			Expect(found).To(HaveLen(1))
			Expect(found[0]).To(And(HaveField("Field", "spec.deletionProtection"), HaveField("Reason", authz.Invalid), HaveField("Message",
				HaveSuffix(` in organization "acme" and may not delete it, for organization "acme" is protected against deletion: `+
					`an OrganizationAdmin must set spec.deletionProtection to Disabled first`))))
		}
	})

	It("hinders neither a change nor the deletion with the namespace", func() {
		Expect(authz.Judge(update(platformActor, protected, builders.Organization("acme").Obj()))).To(BeEmpty())
		Expect(authz.Judge(asked(authz.Actor{Kind: authz.ActorCleaner}, authz.Delete, protected))).To(BeEmpty())
		Expect(authz.Judge(asked(person("ana", orgAdmin), authz.Delete, builders.Organization("acme").Obj()))).To(BeEmpty())
	})
})

var _ = Describe("ORG-24 nobody, whatever the role,", func() {
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

		It("removes himself, changes his own role or suspends himself: "+string(role), func() {
			for what, r := range map[string]authz.Request{
				"remove himself from the organization": asked(eva, authz.Delete, self(role)),
				"change his own role":                  update(eva, self(role), changed(self(role), func(u *v1alpha1.OrgUser) { u.Spec.Role = other })),
				"suspend himself":                      update(eva, self(role), changed(self(role), suspended)),
			} {
				Expect(authz.Judge(about(r, acme("ana"), true))).To(ContainElement(And(
					HaveField("Rule", "not-oneself"), HaveField("Reason", authz.Forbidden), HaveField("Message",
						`user "eva@acme.example" is `+string(role)+` in organization "acme": nobody may `+what+
							`; an OrganizationAdmin other than "eva@acme.example" can`))), what)
			}
		})
	}

	It("not even by changing something else along with it", func() {
		both := func(u *v1alpha1.OrgUser) { u.Spec.DisplayName, u.Spec.Role = "Eva", technician }
		Expect(rules(authz.Judge(update(person("eva", orgAdmin), self(orgAdmin), changed(self(orgAdmin), both))))).To(Equal([]string{"not-oneself"}))
	})

	It("is told of both when he does both", func() {
		both := func(u *v1alpha1.OrgUser) { u.Spec.Role, u.Spec.Suspend = technician, true }
		Expect(fields(authz.Judge(update(person("eva", orgAdmin), self(orgAdmin), changed(self(orgAdmin), both))))).To(
			Equal([]string{"spec.role", "spec.suspend"}))
	})

	It("is kept from the rest of his own account by his role alone", func() {
		Expect(authz.Judge(update(person("eva", orgAdmin), self(orgAdmin), changed(self(orgAdmin), renamed)))).To(BeEmpty())
		Expect(rules(authz.Judge(update(person("eva", technician), self(technician), changed(self(technician), renamed))))).To(Equal([]string{"area-managed"}))
	})

	It("is taken for another of the same name: a workspace, an invitation, a delegate", func() {
		eva := person("eva", orgAdmin)
		Expect(authz.Judge(asked(eva, authz.Delete, builders.Workspace("acme", "eva").Obj()))).To(BeEmpty())
		Expect(authz.Judge(asked(eva, authz.Delete, builders.Invitation("acme", "eva", "a@acme.example").Obj()))).To(BeEmpty())
		Expect(authz.Judge(asked(delegate(orgAdmin), authz.Delete, self(member)))).To(BeEmpty())
		Expect(authz.Judge(asked(person("ana", orgAdmin), authz.Delete, self(member)))).To(BeEmpty(), "somebody else with the authority can")
	})
})

var _ = Describe("An update without a change of the spec", func() {
	It("need not mend what is wrong already", func() {
		bad := builders.Organization("acme").With(func(o *v1alpha1.Organization) { o.Spec.Profile.TimeZone = "Europe/Atlantis" }).Obj()
		labelled := bad.DeepCopy()
		labelled.Labels = map[string]string{"team": "blue"}
		Expect(authz.Judge(update(person("ana", orgAdmin), bad, labelled))).To(BeEmpty())
		moved := bad.DeepCopy()
		moved.Spec.Profile.Size = 5
		Expect(rules(authz.Judge(update(person("ana", orgAdmin), bad, moved)))).To(Equal([]string{"time-zone-known"}))
	})

	It("is still for those only who manage the kind", func() {
		for role, kinds := range map[v1alpha1.Role][]string{
			orgAdmin: {"organization", "user", "invitation", "workspace"}, billingAdmin: {"organization"},
			financeAdmin: {"organization", "workspace"}, userAdmin: {"user", "invitation", "workspace"},
			technician: {}, member: {}, notifications: {},
		} {
			actor := person("eva", role)
			for kind, object := range objectsBy(actor) {
				Expect(passes(asked(actor, authz.Update, object))).To(Equal(slices.Contains(kinds, kind)), "%s, %s", role, kind)
			}
		}
	})
})
