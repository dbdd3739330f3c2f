// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// inForce returns an active administrator.
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

// about returns a request with facts.
func about(r authz.Request, o *v1alpha1.Organization, other bool) authz.Request {
	r.Facts = authz.Facts{Organization: o, OtherAdministrator: other}
	return r
}

var _ = Describe("ORG-4 The last administrator", func() {
	bea := inForce("bea")
	actors := map[string]authz.Actor{
		`user "ana@acme.example" is OrganizationAdmin in organization "acme"`:                      person("ana", orgAdmin),
		`delegate "system:serviceaccount:argocd:acme" is OrganizationAdmin in organization "acme"`: delegate(orgAdmin),
		`user "` + platformActor.Username + `" acts for the platform in organization "acme"`:       platformActor,
	}

	It("cannot be deleted, demoted or suspended by anybody; the refusal names the field and blames no role", func() {
		for who, actor := range actors {
			for _, c := range []struct {
				field, what string
				request     authz.Request
			}{
				{"spec.role", "deleted; make somebody else OrganizationAdmin first. To rename the OrgUser, create one with the " +
					"new name, the same spec.email, the same role and spec.onboarding None, and delete this one after that (in Argo CD, with " +
					"the sync option PruneLast=true)", asked(actor, authz.Delete, bea)},
				{"spec.role", "demoted; make somebody else OrganizationAdmin first", update(actor, bea, changed(bea, demoted))},
				{"spec.suspend", "suspended; make somebody else OrganizationAdmin first", update(actor, bea, changed(bea, suspended))},
			} {
				found := authz.Judge(about(c.request, acme("bea"), false))
				Expect(found).To(HaveLen(1))
				Expect(found[0]).To(And(HaveField("Field", c.field), HaveField("Reason", authz.Invalid),
					HaveField("Rule", "last-administrator"), HaveField("Message", who+`: "bea" is its last administrator in force and cannot be `+c.what)))
			}
		}
	})

	It("may be removed while another administrator in force requests to stay", func() {
		for _, actor := range actors {
			for _, r := range []authz.Request{
				asked(actor, authz.Delete, bea), update(actor, bea, changed(bea, demoted)), update(actor, bea, changed(bea, suspended)),
			} {
				Expect(authz.Judge(about(r, acme("ana", "bea"), true))).To(BeEmpty())
			}
		}
	})

	It("may be deleted once somebody with the same address takes over, but neither demoted nor suspended", func() {
		taking := func(r authz.Request, obstacle string) []authz.Violation {
			r = about(r, acme("bea"), false)
			r.Facts.Succession = effective.Succession{User: "beatriz", Obstacle: obstacle}
			return authz.Judge(r)
		}
		for _, actor := range actors {
			Expect(taking(asked(actor, authz.Delete, bea), "")).To(BeEmpty())
			Expect(taking(update(actor, bea, changed(bea, demoted)), "")).To(HaveLen(1))
			Expect(taking(update(actor, bea, changed(bea, suspended)), "")).To(HaveLen(1))
			Expect(taking(asked(actor, authz.Delete, bea), "set its spec.onboarding to None")).To(ConsistOf(HaveField("Message", HaveSuffix(
				`; make somebody else OrganizationAdmin first. OrgUser "beatriz" has the same address and takes over when "bea" is deleted, `+
					`once you set its spec.onboarding to None`))))
		}
	})

	It("may be changed in every other field", func() {
		Expect(authz.Judge(about(update(platformActor, bea, changed(bea, renamed)), acme("bea"), false))).To(BeEmpty())
	})

	DescribeTable("is not protected", func(user *v1alpha1.OrgUser, o *v1alpha1.Organization) {
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
		Entry("for a user who is not an administrator in force", bea, acme("ana")),
		Entry("for a user who is being deleted already", deleted(inForce("bea")), acme("bea")),
		Entry("for a user who is held in force against their spec", changed(bea, demoted), acme("bea")),
	)

	It("may be removed by Usher and by the controllers that carry out deletions", func() {
		for _, kind := range []authz.ActorKind{authz.ActorOperator, authz.ActorCleaner} {
			Expect(authz.Judge(about(asked(authz.Actor{Kind: kind}, authz.Delete, bea), acme("bea"), false))).To(BeEmpty())
		}
	})
})

var _ = Describe("ORG-25 Deletion protection", func() {
	protected := builders.Organization("acme").Protected().Obj()

	It("refuses the deletion to everybody and says what to do", func() {
		for _, actor := range []authz.Actor{person("ana", orgAdmin), delegate(orgAdmin), platformActor} {
			found := authz.Judge(asked(actor, authz.Delete, protected))
			Expect(found).To(HaveLen(1))
			Expect(found[0]).To(And(HaveField("Field", "spec.deletionProtection"), HaveField("Reason", authz.Invalid), HaveField("Message",
				HaveSuffix(` in organization "acme": the organization is protected against deletion; `+
					`set spec.deletionProtection to Disabled first`))))
		}
	})

	It("allows changes, and the deletion together with the namespace", func() {
		Expect(authz.Judge(update(platformActor, protected, builders.Organization("acme").Obj()))).To(BeEmpty())
		Expect(authz.Judge(asked(authz.Actor{Kind: authz.ActorCleaner}, authz.Delete, protected))).To(BeEmpty())
		Expect(authz.Judge(asked(person("ana", orgAdmin), authz.Delete, builders.Organization("acme").Obj()))).To(BeEmpty())
	})
})
