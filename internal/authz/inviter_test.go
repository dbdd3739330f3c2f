// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// from returns an invitation by an inviter, who may be empty.
func from(username string) *v1alpha1.Invitation {
	return builders.Invitation("acme", "team", "luis@acme.example").InvitedBy(username).Obj()
}

func platform(username string) authz.Actor {
	return authz.Actor{Kind: authz.ActorPlatform, Username: username}
}

var _ = Describe("The inviter", func() {
	const ana, eva = "ana@acme.example", "eva@acme.example"

	DescribeTable("of a new invitation is", func(actor authz.Actor, named, inviter string) {
		Expect(authz.DefaultInviter(actor, nil, from(named))).To(BeEquivalentTo(inviter))
	},
		Entry("the actor if nobody is named", person("eva", userAdmin), "", eva),
		Entry("the actor if named", person("eva", userAdmin), eva, eva),
		Entry("a delegate who names nobody", delegate(orgAdmin), "", "system:serviceaccount:argocd:acme"),
		Entry("the person whom a delegate names", delegate(orgAdmin), ana, ana),
		Entry("the person whom the platform names", platformActor, ana, ana),
		Entry("the platform's own user if nobody is named", platformActor, "", "kubernetes-admin"),
		Entry("nobody if the API does not accept the platform's user: system:admin", platform("system:admin"), "", ""),
		Entry("nobody if the API does not accept the platform's user: a node", platform("system:node:n1"), "", ""),
		Entry("nobody if the API does not accept the platform's user: a malformed service account", platform("system:serviceaccount:a"), "", ""),
		Entry("nobody if the API does not accept the platform's user: a space", platform("CN=Ana Pérez"), "", ""),
		Entry("nobody if the API does not accept the platform's user: too long", platform(strings.Repeat("a", 254)), "", ""),
		Entry("a service account of the platform", platform("system:serviceaccount:kube-system:flux"), "", "system:serviceaccount:kube-system:flux"),
		Entry("the person whom system:admin names", platform("system:admin"), ana, ana),
	)

	DescribeTable("stays the same if an update names nobody", func(actor authz.Actor) {
		Expect(authz.DefaultInviter(actor, from(ana), from(""))).To(BeEquivalentTo(ana))
	},
		Entry("by a person", person("eva", userAdmin)),
		Entry("by a delegate", delegate(orgAdmin)),
		Entry("by the platform", platformActor),
	)

	It("can be changed only by delegates and the platform", func() {
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

	It("of a new invitation must be the acting person even if defaulting was bypassed", func() {
		for _, named := range []string{ana, ""} {
			Expect(rules(authz.Judge(asked(person("eva", userAdmin), authz.Create, from(named))))).To(Equal([]string{"inviter-is-actor"}))
		}
		Expect(authz.Judge(asked(person("eva", userAdmin), authz.Create, from(eva)))).To(BeEmpty())
	})
})
