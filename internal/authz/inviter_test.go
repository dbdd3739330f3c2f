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

// from gives an invitation by somebody; empty: by nobody.
func from(username string) *v1alpha1.Invitation {
	return builders.Invitation("acme", "team", "luis@acme.example").InvitedBy(username).Obj()
}

var _ = Describe("The inviter", func() {
	const ana, eva = "ana@acme.example", "eva@acme.example"

	DescribeTable("of a new invitation is", func(actor authz.Actor, wished, inviter string) {
		Expect(authz.DefaultInviter(actor, nil, from(wished))).To(BeEquivalentTo(inviter))
	},
		Entry("who acts, when nobody is named", person("eva", userAdmin), "", eva),
		Entry("who acts, when named", person("eva", userAdmin), eva, eva),
		Entry("a delegate itself", delegate(orgAdmin), "", "system:serviceaccount:argocd:acme"),
		Entry("whom a delegate names", delegate(orgAdmin), ana, ana),
		Entry("whom the platform names", platformActor, ana, ana),
		Entry("the platform's own user", platformActor, "", "kubernetes-admin"),
	)

	DescribeTable("at an update stays when nobody is named", func(actor authz.Actor) {
		Expect(authz.DefaultInviter(actor, from(ana), from(""))).To(BeEquivalentTo(ana))
	},
		Entry("by a person", person("eva", userAdmin)),
		Entry("by a delegate", delegate(orgAdmin)),
		Entry("by the platform", platformActor),
	)

	It("at an update is changed by delegates and the platform only", func() {
		Expect(authz.DefaultInviter(delegate(orgAdmin), from(ana), from(eva))).To(BeEquivalentTo(eva))
		Expect(authz.DefaultInviter(platformActor, from(ana), from(eva))).To(BeEquivalentTo(eva))
		for _, actor := range []authz.Actor{delegate(orgAdmin), platformActor} {
			Expect(authz.Judge(authz.Request{
				Operation: authz.Update, Actor: actor, Organization: "acme", Old: from(ana), New: from(eva),
			})).To(BeEmpty())
		}
		found := authz.Judge(authz.Request{
			Operation: authz.Update, Actor: person("eva", userAdmin), Organization: "acme", Old: from(ana), New: from(eva),
		})
		Expect(rules(found)).To(Equal([]string{"inviter-is-actor"}))
		Expect(found[0].Message).To(Equal(`user "eva@acme.example" is UserAdmin in organization "acme": ` +
			`only platform identities and delegates may name an inviter other than "ana@acme.example"`))
	})

	It("of a new invitation that came past the defaults is refused when it is not who acts", func() {
		for _, wished := range []string{ana, ""} {
			Expect(rules(authz.Judge(asked(person("eva", userAdmin), authz.Create, from(wished))))).To(Equal([]string{"inviter-is-actor"}))
		}
		Expect(authz.Judge(asked(person("eva", userAdmin), authz.Create, from(eva)))).To(BeEmpty())
	})
})
