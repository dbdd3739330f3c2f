// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	nobody := authz.Actor{Kind: authz.ActorNobody, Username: "ghost@acme.example"}
	unchanged := func(*v1alpha1.Invitation) {}

	DescribeTable("of a new invitation is", func(actor authz.Actor, named, inviter string) {
		Expect(authz.DefaultInviter(actor, nil, from(named), false)).To(BeEquivalentTo(inviter))
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
		Entry("nobody if the API does not accept the platform's user: too long", platform(strings.Repeat("a", 385)), "", ""),
		Entry("a service account of the platform", platform("system:serviceaccount:kube-system:flux"), "", "system:serviceaccount:kube-system:flux"),
		Entry("the person whom system:admin names", platform("system:admin"), ana, ana),
	)

	DescribeTable("stays the same if an update names nobody", func(actor authz.Actor) {
		Expect(authz.DefaultInviter(actor, from(ana), from(""), false)).To(BeEquivalentTo(ana))
	},
		Entry("by a person", person("eva", userAdmin)),
		Entry("by a delegate", delegate(orgAdmin)),
		Entry("by the platform", platformActor),
	)

	It("can be changed to somebody else only by delegates and the platform", func() {
		const bea = "bea@acme.example"
		Expect(authz.DefaultInviter(delegate(orgAdmin), from(ana), from(bea), false)).To(BeEquivalentTo(bea))
		Expect(authz.DefaultInviter(platformActor, from(ana), from(bea), false)).To(BeEquivalentTo(bea))
		for _, actor := range []authz.Actor{delegate(orgAdmin), platformActor} {
			Expect(authz.Judge(update(actor, from(ana), from(bea)))).To(BeEmpty())
		}
		said := func(actor authz.Actor) string {
			found := authz.Judge(update(actor, from(ana), from(bea)))
			Expect(rules(found)).To(Equal([]string{"inviter-is-actor"}))
			return found[0].Message
		}
		Expect(said(person("eva", userAdmin))).To(Equal(`user "eva@acme.example" is UserAdmin in organization "acme": only platform ` +
			`identities and delegates may name an inviter other than "ana@acme.example"; to take the Invitation over, name yourself: "eva@acme.example"`))
		Expect(said(person("ana", orgAdmin))).To(HaveSuffix(`may name an inviter other than "ana@acme.example"`), "who is the inviter already")
	})

	DescribeTable("NOV-4 becomes whoever may give what the invitation gives and names themselves",
		func(actor authz.Actor, change func(*v1alpha1.Invitation), refused ...string) {
			for _, inviter := range []string{ana, ""} {
				for _, kind := range []v1alpha1.InviterKind{v1alpha1.InviterPerson, v1alpha1.InviterPlatform} {
					old := recorded(from(inviter), kind)
					change(old)
					taken := old.DeepCopy()
					taken.Spec.InvitedBy = v1alpha1.Username(actor.Username)
					taken.Spec.InvitedBy = authz.DefaultInviter(actor, old, taken, false)
					Expect(taken.Spec.InvitedBy).To(BeEquivalentTo(actor.Username))
					taken = recorded(taken, authz.AdmittedInviterKind(actor, nobody, old, taken))
					Expect(taken.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationInviterKind, string(actor.Kind)))
					Expect(rules(authz.Judge(update(actor, old, taken)))).To(HaveExactElements(refused))
				}
			}
		},
		Entry("an administrator", person("bea", orgAdmin), unchanged),
		Entry("a user administrator", person("eva", userAdmin), unchanged),
		Entry("a delegate", delegate(userAdmin), unchanged),
		Entry("but not a user administrator if it gives another role than Member", person("eva", userAdmin),
			func(i *v1alpha1.Invitation) { i.Spec.Role = v1alpha1.RoleTechnician }, "members-only"),
		Entry("but not a user administrator if it gives modules", person("eva", userAdmin),
			func(i *v1alpha1.Invitation) { i.Spec.Modules = []v1alpha1.ObjectName{"desk"} }, "module-managed"),
		Entry("nor a delegate with that role", delegate(userAdmin),
			func(i *v1alpha1.Invitation) { i.Spec.Modules = []v1alpha1.ObjectName{"desk"} }, "module-managed"),
		Entry("nor a technician", person("tea", v1alpha1.RoleTechnician), unchanged, "area-managed"),
	)

	It("NOV-4 of an invitation that gives modules is named by nobody who may not give them", func() {
		old, after := recorded(from(ana), v1alpha1.InviterPerson), recorded(from("bea@acme.example"), v1alpha1.InviterPerson)
		old.Spec.Modules, after.Spec.Modules = []v1alpha1.ObjectName{"desk"}, []v1alpha1.ObjectName{"desk"}
		Expect(rules(authz.Judge(update(delegate(userAdmin), old, after)))).To(Equal([]string{"module-managed"}))
		Expect(authz.Judge(update(delegate(orgAdmin), old, after))).To(BeEmpty())
	})

	It("NOV-4 does not keep the platform's authority when somebody takes over past the webhook that records it", func() {
		for _, actor := range []authz.Actor{person("eva", userAdmin), delegate(userAdmin)} {
			forged := recorded(from(actor.Username), v1alpha1.InviterPlatform)
			Expect(rules(authz.Judge(update(actor, recorded(from(ana), v1alpha1.InviterPlatform), forged)))).To(Equal([]string{"usher-only"}))
		}
		Expect(rules(authz.Judge(update(delegate(userAdmin), recorded(from(ana), v1alpha1.InviterPlatform),
			recorded(from("bea@acme.example"), v1alpha1.InviterPlatform))))).To(Equal([]string{"usher-only"}))
	})

	It("of a new invitation must be the acting person even if defaulting was bypassed", func() {
		for _, named := range []string{ana, ""} {
			Expect(rules(authz.Judge(asked(person("eva", userAdmin), authz.Create, from(named))))).To(Equal([]string{"inviter-is-actor"}))
		}
		Expect(authz.Judge(asked(person("eva", userAdmin), authz.Create, from(eva)))).To(BeEmpty())
	})

	DescribeTable("NOV-4 has a kind of authority that admission records, which is", func(actor authz.Actor, inviter string, named authz.Actor, kind v1alpha1.InviterKind) {
		Expect(authz.AdmittedInviterKind(actor, named, nil, from(inviter))).To(Equal(kind))
	},
		Entry("a person's", person("eva", userAdmin), eva, nobody, v1alpha1.InviterPerson),
		Entry("a delegate's", delegate(userAdmin), delegate(userAdmin).Username, nobody, v1alpha1.InviterDelegate),
		Entry("that of the person whom a delegate names", delegate(userAdmin), ana, person("ana", orgAdmin), v1alpha1.InviterPerson),
		Entry("a person's if a delegate names somebody unknown", delegate(userAdmin), nobody.Username, nobody, v1alpha1.InviterPerson),
		Entry("the platform's", platformActor, platformActor.Username, nobody, v1alpha1.InviterPlatform),
		Entry("the platform's if its name cannot be written", platform("system:admin"), "", nobody, v1alpha1.InviterPlatform),
		Entry("that of the person whom the platform names", platformActor, ana, person("ana", orgAdmin), v1alpha1.InviterPerson),
		Entry("the platform's if it names somebody unknown", platformActor, nobody.Username, nobody, v1alpha1.InviterPlatform),
	)

	It("NOV-4 keeps the kind that was recorded, whoever updates the invitation, until another inviter is named", func() {
		old := recorded(from(ana), v1alpha1.InviterPerson)
		for _, actor := range []authz.Actor{person("eva", userAdmin), delegate(orgAdmin), platformActor} {
			Expect(authz.AdmittedInviterKind(actor, nobody, old, from(ana))).To(Equal(v1alpha1.InviterPerson))
		}
		Expect(authz.AdmittedInviterKind(platformActor, person("eva", userAdmin), recorded(from(ana), v1alpha1.InviterPlatform), from(eva))).
			To(Equal(v1alpha1.InviterPerson))
		Expect(authz.AdmittedInviterKind(platformActor, nobody, from(ana), from(ana))).To(BeEmpty(), "nothing was recorded")
	})

	It("NOV-4 has no authority while unknown, unless the platform's was recorded", func() {
		Expect(authz.InviterAuthorized(from(ana), nobody)).To(BeFalse())
		Expect(authz.InviterAuthorized(recorded(from(ana), v1alpha1.InviterPerson), nobody)).To(BeFalse())
		Expect(authz.InviterAuthorized(recorded(from(ana), v1alpha1.InviterPlatform), nobody)).To(BeTrue())
		before := from(ana)
		before.Status.InviterKind = v1alpha1.InviterPlatform
		Expect(authz.InviterAuthorized(before, nobody)).To(BeTrue(), "recorded in the status before admission recorded it")
		Expect(authz.InviterAuthorized(recorded(before, v1alpha1.InviterPerson), nobody)).To(BeFalse())
	})

	It("NOV-4 cannot be recorded as the platform by a person or a delegate", func() {
		for _, actor := range []authz.Actor{person("eva", userAdmin), delegate(userAdmin)} {
			forged := recorded(from(actor.Username), v1alpha1.InviterPlatform)
			for _, r := range []authz.Request{
				asked(actor, authz.Create, forged), update(actor, recorded(from(actor.Username), v1alpha1.InviterPerson), forged),
				update(actor, recorded(from(actor.Username), v1alpha1.InviterPerson), from(actor.Username)),
			} {
				found := authz.Judge(r)
				Expect(fields(found)).To(Equal([]string{"metadata.annotations[accounts.usher.dev/inviter-kind]"}))
				Expect(rules(found)).To(Equal([]string{"usher-only"}))
			}
			Expect(authz.Judge(update(actor, forged, forged))).To(BeEmpty())
		}
	})

	DescribeTable("NOV-4 is whoever changes what the invitation grants, or to whom", func(change func(*v1alpha1.Invitation), answers bool) {
		old, after := recorded(from(ana), v1alpha1.InviterPlatform), recorded(from(ana), v1alpha1.InviterPlatform)
		change(after)
		admitted := func(actor authz.Actor, named string, applied bool) *v1alpha1.Invitation {
			i := after.DeepCopy()
			i.Spec.InvitedBy = v1alpha1.Username(named)
			i.Spec.InvitedBy = authz.DefaultInviter(actor, old, i, applied)
			return recorded(i, authz.AdmittedInviterKind(actor, nobody, old, i))
		}
		stays := And(HaveField("Spec.InvitedBy", BeEquivalentTo(ana)),
			HaveField("Annotations", HaveKeyWithValue(v1alpha1.AnnotationInviterKind, "Platform")))
		becomes := func(actor authz.Actor) OmegaMatcher {
			if !answers {
				return stays
			}
			return And(HaveField("Spec.InvitedBy", BeEquivalentTo(actor.Username)),
				HaveField("Annotations", HaveKeyWithValue(v1alpha1.AnnotationInviterKind, string(actor.Kind))))
		}
		for _, actor := range []authz.Actor{person("eva", userAdmin), delegate(userAdmin)} {
			for _, named := range []string{"", ana} { // left out by server-side apply, or as it was
				i := admitted(actor, named, false)
				Expect(i).To(becomes(actor))
				Expect(authz.Judge(update(actor, old, i))).To(BeEmpty())
			}
		}
		Expect(admitted(platformActor, "", false)).To(stays)
		Expect(admitted(platformActor, ana, false)).To(stays)
		Expect(admitted(person("eva", userAdmin), ana, true)).To(becomes(person("eva", userAdmin)), "a person cannot name somebody else")
		Expect(admitted(delegate(userAdmin), ana, true).Spec.InvitedBy).To(BeEquivalentTo(ana), "a delegate declares the inviter in Git")
		if answers {
			Expect(rules(authz.Judge(update(person("eva", userAdmin), old, after)))).To(Equal([]string{"inviter-is-actor", "usher-only"}),
				"past the webhook that fills it in")
		}
	},
		Entry("the addresses", func(i *v1alpha1.Invitation) { i.Spec.Emails = []string{"kim@acme.example"} }, true),
		Entry("the workspaces", func(i *v1alpha1.Invitation) { i.Spec.Workspaces = []v1alpha1.WorkspaceGrant{edit("support")} }, true),
		Entry("the groups", func(i *v1alpha1.Invitation) { i.Spec.Groups = []v1alpha1.ObjectName{"helpdesk"} }, true),
		Entry("the message", func(i *v1alpha1.Invitation) { i.Spec.Message = "Hello" }, true),
		Entry("another mail", func(i *v1alpha1.Invitation) { i.Annotations[v1alpha1.AnnotationResend] = "2" }, true),
		Entry("but not the language", func(i *v1alpha1.Invitation) { i.Spec.Language = "es" }, false),
		Entry("but not a label", func(i *v1alpha1.Invitation) { i.Labels = map[string]string{"team": "blue"} }, false),
	)
})

// recorded returns a copy of an invitation as admission leaves it.
func recorded(i *v1alpha1.Invitation, kind v1alpha1.InviterKind) *v1alpha1.Invitation {
	i = i.DeepCopy()
	metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AnnotationInviterKind, string(kind))
	return i
}
