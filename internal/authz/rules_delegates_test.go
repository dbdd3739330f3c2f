// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("WXP-5 A delegate's role", func() {
	const robot = "system:serviceaccount:argocd:acme"
	o := builders.Organization("acme").Delegate(robot, orgAdmin).Delegate("partner@msp.example", orgAdmin).Obj()
	eva := person("eva", userAdmin)
	luis := builders.OrgUser("acme", "luis")
	judged := func(r authz.Request) []authz.Violation { return authz.Judge(about(r, o, true)) }
	taking := func(name string) authz.Violation {
		return authz.Violation{
			Reason: authz.Forbidden, Rule: "delegate-kept", Actor: `user "eva@acme.example" is UserAdmin in organization "acme": `,
			Message: `user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may give a user the user name "` +
				name + `": it belongs to a delegate, who would lose its role`,
		}
	}
	at := func(field string, v authz.Violation) authz.Violation {
		v.Field = field
		return v
	}

	DescribeTable("cannot be ended by a UserAdmin who gives a Member the delegate's user name",
		func(before, after metav1.Object, expected authz.Violation) {
			for _, r := range []authz.Request{asked(eva, authz.Create, after), update(eva, before, after)} {
				Expect(judged(r)).To(Equal([]authz.Violation{expected}))
			}
			Expect(judged(update(person("ana", orgAdmin), before, by(person("ana", orgAdmin), after)))).To(BeEmpty(), "who manages the organization itself may")
		},
		Entry("in spec.username", luis.Obj(), luis.Username(robot).Obj(), at("spec.username", taking(robot))),
		Entry("through the address", luis.Obj(), luis.Email("partner@msp.example").Obj(), at("spec.username", taking("partner@msp.example"))),
		Entry("through an account that had no user name", luis.Username(robot).Limited().Obj(), luis.Username(robot).Obj(),
			at("spec.username", taking(robot))),
		Entry("through an Invitation", builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("eva@acme.example").Obj(),
			builders.Invitation("acme", "team", "luis@acme.example, Partner <partner@msp.example>").InvitedBy("eva@acme.example").Obj(),
			at("spec.emails", taking("partner@msp.example"))),
	)

	It("cannot be ended by a user name that the platform's prefix makes of an address", func() {
		prefixed := builders.Organization("acme").Delegate("oidc:partner@msp.example", orgAdmin).Obj()
		r := about(asked(eva, authz.Create, luis.Email("Partner@msp.example").Obj()), prefixed, true)
		Expect(authz.Judge(r)).To(BeEmpty())
		r.Facts.Usernames.Prefix = "oidc:"
		Expect(authz.Judge(r)).To(Equal([]authz.Violation{at("spec.username", taking("oidc:partner@msp.example"))}))
	})

	It("does not prevent other changes of a user who has the name already, nor other names", func() {
		has := luis.Username(robot).Obj()
		Expect(judged(update(eva, has, changed(has, func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Luis" })))).To(BeEmpty())
		Expect(judged(asked(eva, authz.Delete, has))).To(BeEmpty())
		Expect(judged(asked(eva, authz.Create, luis.Username("luis").Obj()))).To(BeEmpty())
		Expect(authz.Judge(asked(eva, authz.Create, has))).To(BeEmpty(), "without an organization there is no delegate")
	})

	It("cannot be taken by those who manage workspaces, through a workspace with the namespace of its ServiceAccount", func() {
		o := builders.Organization("acme").Delegate("system:serviceaccount:acme-deploy:robot", orgAdmin).Obj()
		create := func(actor authz.Actor, w *v1alpha1.Workspace) []authz.Violation {
			return authz.Judge(about(asked(actor, authz.Create, w), o, true))
		}
		deploy := builders.Workspace("acme", "deploy").Obj()
		for _, role := range []v1alpha1.Role{userAdmin, financeAdmin} {
			for _, w := range []*v1alpha1.Workspace{deploy, builders.Workspace("acme", "other").Namespace("acme-deploy").Obj()} {
				Expect(create(person("eva", role), w)).To(HaveExactElements(And(
					HaveField("Field", "spec.namespace"), HaveField("Rule", "delegate-kept"), HaveField("Message", HaveSuffix(
						`only an OrganizationAdmin may create a workspace with the namespace "acme-deploy": the ServiceAccount of delegate `+
							`"system:serviceaccount:acme-deploy:robot" is of that namespace, and everybody with the access Edit there could `+
							`act with its role`)))))
			}
			Expect(create(person("eva", role), builders.Workspace("acme", "deploy2").Obj())).To(BeEmpty())
		}
		Expect(create(person("ana", orgAdmin), deploy)).To(BeEmpty(), "the warning tells them")
		Expect(authz.Judge(about(update(person("eva", userAdmin), deploy, builders.Workspace("acme", "deploy").Group("desk", v1alpha1.WorkspaceView).
			Obj()), o, true))).To(BeEmpty(), "it exists already")
	})
})
