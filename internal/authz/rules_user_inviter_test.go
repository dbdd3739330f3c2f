// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The inviter of a user who is declared directly", func() {
	invitedBy := func(inviter string) *v1alpha1.OrgUser {
		return builders.OrgUser("acme", "luis").With(func(u *v1alpha1.OrgUser) { u.Spec.InvitedBy = v1alpha1.Username(inviter) }).Obj()
	}
	const ana = "ana@acme.example"

	DescribeTable("NOV-8 on creation", func(actor authz.Actor, named string, allowed bool) {
		found := authz.Judge(asked(actor, authz.Create, invitedBy(named)))
		if allowed {
			Expect(found).To(BeEmpty())
			return
		}
		Expect(rules(found)).To(Equal([]string{"inviter-is-actor"}))
		Expect(fields(found)).To(Equal([]string{"spec.invitedBy"}))
		Expect(found[0].Message).To(HaveSuffix(`only platform identities and delegates may name an inviter other than "eva@acme.example"`))
	},
		Entry("may be missing", person("eva", userAdmin), "", true),
		Entry("may be the acting person", person("eva", userAdmin), "eva@acme.example", true),
		Entry("may be the acting person, in another spelling", person("eva", userAdmin), "EVA@acme.example", true),
		Entry("cannot be somebody else", person("eva", userAdmin), ana, false),
		Entry("cannot be somebody else, whatever the role", person("eva", orgAdmin), ana, false),
		Entry("may be anybody whom a delegate names", delegate(userAdmin), ana, true),
		Entry("may be anybody whom the platform names", platformActor, ana, true),
	)

	It("NOV-8 may be the acting person by an address, where user names have a prefix", func() {
		r := asked(authz.Actor{Kind: authz.ActorPerson, Role: userAdmin, Username: "oidc:eva@acme.example", User: "eva"}, authz.Create,
			invitedBy("eva@acme.example"))
		Expect(rules(authz.Judge(r))).To(Equal([]string{"inviter-is-actor"}))
		r.Facts.Usernames = effective.Usernames{Prefix: "oidc:"}
		Expect(authz.Judge(r)).To(BeEmpty())
	})

	It("NOV-8 cannot be replaced by somebody else, but by the acting person or by nobody", func() {
		eva := person("eva", userAdmin)
		Expect(rules(authz.Judge(update(eva, invitedBy(""), invitedBy(ana))))).To(Equal([]string{"inviter-is-actor"}))
		Expect(rules(authz.Judge(update(eva, invitedBy("eva@acme.example"), invitedBy(ana))))).To(Equal([]string{"inviter-is-actor"}))
		Expect(authz.Judge(update(eva, invitedBy(ana), invitedBy("eva@acme.example")))).To(BeEmpty())
		Expect(authz.Judge(update(eva, invitedBy(ana), invitedBy("")))).To(BeEmpty())
		Expect(authz.Judge(update(delegate(userAdmin), invitedBy(""), invitedBy(ana)))).To(BeEmpty())
	})

	DescribeTable("NOV-8 is not made to say what another person writes", func(change func(*v1alpha1.OrgUser), refused bool) {
		old := invitedBy(ana)
		after := changed(old, change)
		for _, actor := range []authz.Actor{person("eva", userAdmin), person("eva", orgAdmin)} {
			found := authz.Judge(update(actor, old, after))
			if !refused {
				Expect(found).To(BeEmpty())
				continue
			}
			Expect(rules(found)).To(Equal([]string{"inviter-is-actor"}))
			Expect(found[0].Message).To(HaveSuffix(`only platform identities and delegates may change an invitation in the name of ` +
				`"ana@acme.example"; name yourself in spec.invitedBy, or leave it out`))
		}
		Expect(authz.Judge(update(person("ana", orgAdmin), old, after))).To(BeEmpty(), "the inviter")
		Expect(authz.Judge(update(delegate(userAdmin), old, after))).To(BeEmpty(), "a delegate, which declares in Git who invites")
		taken := changed(after, func(u *v1alpha1.OrgUser) { u.Spec.InvitedBy = "eva@acme.example" })
		Expect(authz.Judge(update(person("eva", userAdmin), old, taken))).To(BeEmpty(), "who takes over")

		By("the person having accepted")
		accepted := func(u *v1alpha1.OrgUser) {
			meta.SetStatusCondition(&u.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue})
		}
		found := authz.Judge(update(person("eva", userAdmin), changed(old, accepted), changed(after, accepted)))
		Expect(rules(found)).NotTo(ContainElement("inviter-is-actor"))
	},
		Entry("the message", func(u *v1alpha1.OrgUser) { u.Spec.Message = "Send your password to eva@acme.example" }, true),
		Entry("to whom", func(u *v1alpha1.OrgUser) { u.Spec.Email = "kim@acme.example" }, true),
		Entry("to which workspaces", func(u *v1alpha1.OrgUser) { u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{edit("support")} }, true),
		Entry("to which groups", func(u *v1alpha1.OrgUser) { u.Spec.Groups = []v1alpha1.ObjectName{"helpdesk"} }, true),
		Entry("nothing of it, by a phone number", func(u *v1alpha1.OrgUser) { u.Spec.Phone = "+34600000001" }, false),
		Entry("nothing of it, by a suspension", func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }, false),
		Entry("nothing new, by a resend", func(u *v1alpha1.OrgUser) { u.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} }, false),
	)
})
