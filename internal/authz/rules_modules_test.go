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

var _ = Describe("GTA-11 Modules", func() {
	eva, ana := person("eva", userAdmin), person("ana", orgAdmin)
	user := func(modules ...string) metav1.Object {
		return builders.OrgUser("acme", "luis").Modules(modules...).Obj()
	}
	invitation := func(modules ...string) builders.InvitationBuilder {
		return builders.Invitation("acme", "team", "luis@acme.example").InvitedBy(eva.Username).Modules(modules...)
	}
	team := func(modules ...string) metav1.Object { return invitation(modules...).Obj() }
	const begin = `user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may `

	DescribeTable("cannot be given or removed by a UserAdmin", func(of func(...string) metav1.Object, before, after []string, messages ...string) {
		requests := func(actor authz.Actor) authz.Request {
			if before == nil {
				return asked(actor, authz.Create, of(after...))
			}
			return update(actor, of(before...), of(after...))
		}
		found := authz.Judge(requests(eva))
		Expect(found).To(HaveLen(len(messages)))
		for n, v := range found {
			Expect(v).To(And(HaveField("Field", "spec.modules"), HaveField("Rule", "module-managed"),
				HaveField("Reason", authz.Forbidden), HaveField("Message", begin+messages[n])))
		}
		Expect(authz.Judge(requests(delegate(userAdmin)))).To(HaveLen(len(messages)), "nor by a delegate in that role")
		managed := requests(ana)
		managed.Actor.Username = eva.Username // the inviter
		Expect(authz.Judge(managed)).To(BeEmpty())
		Expect(authz.Judge(requests(platformActor))).To(BeEmpty())
	},
		Entry("with a new user", user, nil, []string{"desk"}, `give module "desk"`),
		Entry("to a user", user, []string{}, []string{"desk", "fax"}, `give modules "desk", "fax"`),
		Entry("from a user", user, []string{"desk"}, []string{}, `remove module "desk"`),
		Entry("in exchange", user, []string{"desk"}, []string{"fax"}, `give module "fax"`, `remove module "desk"`),
		Entry("with a new Invitation", team, nil, []string{"desk"}, `give module "desk"`),
		Entry("with an Invitation", team, []string{"desk"}, []string{"desk", "fax"}, `give module "fax"`),
		Entry("from an Invitation", team, []string{"desk", "fax"}, []string{"fax"}, `remove module "desk"`),
		Entry("in great number", user, []string{}, []string{"a", "b", "c", "d", "e", "f"}, `give modules "a", "b", "c", "d", "e", …`),
		Entry("but may be listed in another order", user, []string{"desk", "fax"}, []string{"fax", "desk"}),
	)

	It("do not keep a UserAdmin from changing or deleting who has some", func() {
		named := builders.OrgUser("acme", "luis").Modules("desk").With(func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Luis" }).Obj()
		Expect(authz.Judge(update(eva, user("desk"), named))).To(BeEmpty())
		Expect(authz.Judge(asked(eva, authz.Delete, user("desk")))).To(BeEmpty())
		Expect(authz.Judge(asked(eva, authz.Delete, team("desk")))).To(BeEmpty())
	})

	DescribeTable("stay with the person, whom a UserAdmin cannot exchange for another one", func(field string, change func(*v1alpha1.OrgUser)) {
		has := func(modules ...string) *v1alpha1.OrgUser {
			return builders.OrgUser("acme", "luis").Modules(modules...).Obj()
		}
		changed := func(u *v1alpha1.OrgUser) *v1alpha1.OrgUser {
			after := u.DeepCopy()
			change(after)
			return after
		}
		inForce := has()
		inForce.Status.Modules = []v1alpha1.ObjectName{"desk"}
		for _, u := range []*v1alpha1.OrgUser{has("desk"), inForce} {
			Expect(authz.Judge(update(eva, u, changed(u)))).To(HaveExactElements(And(HaveField("Field", field),
				HaveField("Rule", "module-managed"), HaveField("Message", begin+"change "+field[len("spec."):]+` of a user who has module "desk"`))))
			Expect(authz.Judge(update(ana, u, changed(u)))).To(BeEmpty())
		}
		Expect(authz.Judge(update(eva, has(), changed(has())))).To(BeEmpty(), "without modules")
	},
		Entry("address", "spec.email", func(u *v1alpha1.OrgUser) { u.Spec.Email = "eve@acme.example" }),
		Entry("user name", "spec.username", func(u *v1alpha1.OrgUser) { u.Spec.Username = "eve" }),
	)

	It("do not keep a UserAdmin from spelling an address in another way", func() {
		after := builders.OrgUser("acme", "luis").Modules("desk").With(func(u *v1alpha1.OrgUser) { u.Spec.Email = "LUIS@acme.example" }).Obj()
		Expect(authz.Judge(update(eva, user("desk"), after))).To(BeEmpty())
	})

	It("of an Invitation are given by whoever changes to whom, so a UserAdmin can do neither that nor resend", func() {
		more := invitation("desk").With(func(i *v1alpha1.Invitation) { i.Spec.Emails = append(i.Spec.Emails, "kim@acme.example") }).Obj()
		spanish := invitation("desk").With(func(i *v1alpha1.Invitation) { i.Spec.Language = "es" }).Obj()
		for _, after := range []metav1.Object{more, invitation("desk").Resend("1").Obj(), invitation("desk").Groups("helpdesk").Obj()} {
			found := authz.Judge(update(eva, team("desk"), after))
			Expect(rules(found)).To(Equal([]string{"module-managed"}))
			Expect(found[0].Message).To(Equal(begin + `change an invitation that gives module "desk"`))
		}
		Expect(authz.Judge(update(eva, team("desk"), spanish))).To(BeEmpty())
	})

	It("NOV-4 are accepted only while the inviter may give them", func() {
		i := invitation("desk").With(func(i *v1alpha1.Invitation) { i.Status.InviterKind = v1alpha1.InviterPerson }).Obj()
		Expect(authz.InviterAuthorized(i, ana)).To(BeTrue())
		Expect(authz.InviterAuthorized(i, eva)).To(BeFalse())
		i.Spec.Modules = nil
		Expect(authz.InviterAuthorized(i, eva)).To(BeTrue())
	})
})
