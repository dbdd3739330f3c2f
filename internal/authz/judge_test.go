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
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func person(name string, role v1alpha1.Role) authz.Actor {
	return authz.Actor{Kind: authz.ActorPerson, Username: name + "@acme.example", Role: role, User: name}
}

func delegate(role v1alpha1.Role) authz.Actor {
	return authz.Actor{Kind: authz.ActorDelegate, Username: "system:serviceaccount:argocd:acme", Role: role}
}

var platformActor = authz.Actor{Kind: authz.ActorPlatform, Username: "kubernetes-admin"}

// asked returns a request about organization acme. An update has the same object before and after.
func asked(actor authz.Actor, operation authz.Operation, object metav1.Object) authz.Request {
	r := authz.Request{Operation: operation, Actor: actor, Organization: "acme"}
	if operation != authz.Create {
		r.Old = object
	}
	if operation != authz.Delete {
		r.New = object
	}
	return r
}

// update returns a request to change an object of organization acme.
func update(actor authz.Actor, before, after metav1.Object) authz.Request {
	issuers, err := effective.ParseIssuers([]string{"*.acme.example"})
	Expect(err).NotTo(HaveOccurred())
	return authz.Request{
		Operation: authz.Update, Actor: actor, Organization: "acme", Old: before, New: after, Facts: authz.Facts{Issuers: issuers},
	}
}

func changed(u *v1alpha1.OrgUser, change func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
	u = u.DeepCopy()
	change(u)
	return u
}

func fields(violations []authz.Violation) []string {
	paths := []string{}
	for _, v := range violations {
		paths = append(paths, v.Field)
	}
	return paths
}

// passes reports whether a request breaks no rule.
func passes(r authz.Request) bool { return len(authz.Judge(r)) == 0 }

func rules(violations []authz.Violation) []string {
	names := []string{}
	for _, v := range violations {
		names = append(names, v.Rule)
	}
	return names
}

// objectsBy returns a valid object of each kind, as the actor would declare it.
func objectsBy(actor authz.Actor) map[string]metav1.Object {
	return map[string]metav1.Object{
		"organization": builders.Organization("acme").Obj(),
		"user":         builders.OrgUser("acme", "luis").Obj(),
		"invitation":   builders.Invitation("acme", "team", "luis@acme.example").InvitedBy(actor.Username).Obj(),
		"workspace":    builders.Workspace("acme", "support").Obj(),
	}
}

// allowed lists, for each role, the kinds that it may change and the operations.
var allowed = map[v1alpha1.Role]map[string][]authz.Operation{
	orgAdmin:      {"organization": all, "user": all, "invitation": all, "workspace": all},
	billingAdmin:  {"organization": {authz.Update}},
	financeAdmin:  {"organization": {authz.Update}, "workspace": all},
	userAdmin:     {"user": all, "invitation": all, "workspace": all},
	technician:    {},
	member:        {},
	notifications: {},
}

var all = []authz.Operation{authz.Create, authz.Update, authz.Delete}

var _ = Describe("ORG-15 Whether a role may change a kind of object", func() {
	for _, role := range allRoles {
		for _, actor := range []authz.Actor{person("eva", role), delegate(role)} {
			It(string(actor.Kind)+" as "+string(role), func() {
				for kind, object := range objectsBy(actor) {
					for _, operation := range all {
						want := BeEmpty()
						if !slices.Contains(allowed[role][kind], operation) {
							want = Not(BeEmpty())
						}
						Expect(authz.Judge(asked(actor, operation, object))).To(want, "%s %s", operation, kind)
					}
				}
			})
		}
	}

	It("ORG-7 ORG-8 keeps billing and user administrators from deleting the organization", func() {
		for _, role := range []v1alpha1.Role{billingAdmin, userAdmin, financeAdmin} {
			found := authz.Judge(asked(person("eva", role), authz.Delete, builders.Organization("acme").Obj()))
			Expect(found).To(HaveLen(1))
			Expect(found[0].Message).To(HaveSuffix("only an OrganizationAdmin may delete the organization"))
		}
	})

	It("does not bind the platform by roles, but by content", func() {
		for kind, object := range objectsBy(platformActor) {
			for _, operation := range all {
				Expect(authz.Judge(asked(platformActor, operation, object))).To(BeEmpty(), "%s %s", operation, kind)
			}
		}
		misnamed := builders.Organization("acme").With(func(o *v1alpha1.Organization) { o.Name = "other" }).Obj()
		Expect(rules(authz.Judge(asked(platformActor, authz.Create, misnamed)))).To(Equal([]string{"organization-named-after-namespace"}))
	})

	It("allows objects with faults to be deleted", func() {
		misnamed := builders.Organization("acme").With(func(o *v1alpha1.Organization) { o.Name = "other" }).Obj()
		Expect(authz.Judge(asked(person("ana", orgAdmin), authz.Delete, misnamed))).To(BeEmpty())
	})
})

var _ = Describe("Refusals", func() {
	eva := person("eva", userAdmin)

	DescribeTable("say what is refused, to whom in which role, and who could do it", func(r authz.Request, message string) {
		found := authz.Judge(r)
		Expect(found).To(HaveLen(1))
		Expect(found[0].Message).To(Equal(message))
		Expect(found[0].Reason).To(Equal(authz.Forbidden))
		Expect(found[0].Rule).NotTo(BeEmpty())
	},
		Entry("ORG-9 a role, in a new user", asked(eva, authz.Create, builders.OrgUser("acme", "luis").Role(billingAdmin).Obj()),
			`user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may set role "BillingAdmin"`),
		Entry("ORG-9 a role, in an invitation",
			asked(eva, authz.Create, builders.Invitation("acme", "team", "a@acme.example").InvitedBy(eva.Username).Role(orgAdmin).Obj()),
			`user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may set role "OrganizationAdmin"`),
		Entry("a promotion", authz.Request{
			Operation: authz.Update, Actor: eva, Organization: "acme",
			Old: builders.OrgUser("acme", "luis").Obj(), New: builders.OrgUser("acme", "luis").Role(technician).Obj(),
		}, `user "eva@acme.example" is UserAdmin in organization "acme": only an OrganizationAdmin may set role "Technician"`),
		Entry("users, to a Technician", asked(person("eva", technician), authz.Update, builders.OrgUser("acme", "luis").Obj()),
			`user "eva@acme.example" is Technician in organization "acme": only an OrganizationAdmin may update users`),
		Entry("invitations, to a delegate",
			asked(delegate(member), authz.Delete, builders.Invitation("acme", "team", "a@acme.example").Obj()),
			`delegate "system:serviceaccount:argocd:acme" is Member in organization "acme": only an OrganizationAdmin may delete invitations`),
		Entry("workspaces, to a BillingAdmin", asked(person("eva", billingAdmin), authz.Create, builders.Workspace("acme", "support").Obj()),
			`user "eva@acme.example" is BillingAdmin in organization "acme": `+
				`only an OrganizationAdmin, FinanceAdmin or UserAdmin may create workspaces`),
		Entry("a user without an account", about(asked(authz.Actor{Kind: authz.ActorNobody, Username: "mallory"}, authz.Create,
			builders.OrgUser("acme", "mallory").Obj()), acme("ana"), false),
			`user "mallory" has no active account in organization "acme" and may not create users: ask an OrganizationAdmin for an invitation`),
		Entry("a user who may not create an organization", asked(authz.Actor{Kind: authz.ActorNobody, Username: "mallory"}, authz.Create,
			builders.Organization("acme").Obj()),
			`user "mallory" may not create organization "acme": only platform identities may, which are the group `+
				`system:masters and the users and groups that the operator's configuration names; ask the platform team`),
		Entry("an actor without a kind",
			about(asked(authz.Actor{Username: "mallory"}, authz.Delete, builders.Workspace("acme", "support").Obj()), acme("ana"), false),
			`user "mallory" has no active account in organization "acme" and may not delete workspaces: ask an OrganizationAdmin for an invitation`),
	)

	It("come all at once, those about content first", func() {
		bad := builders.Invitation("acme", "team", "nobody").Role(billingAdmin).InvitedBy("ana@acme.example").Obj()
		found := authz.Judge(asked(eva, authz.Create, bad))
		Expect(rules(found)).To(Equal([]string{"addresses-well-formed", "role-grantable", "inviter-is-actor"}))
		Expect(found[0].Reason).To(Equal(authz.Invalid))
		Expect(found[1].Field).To(Equal("spec.role"))
		Expect(found[2].Field).To(Equal("spec.invitedBy"))
	})

	It("ORG-11 do not concern a role that a change leaves as it is", func() {
		before := builders.OrgUser("acme", "ana").Role(orgAdmin)
		Expect(authz.Judge(authz.Request{
			Operation: authz.Update, Actor: eva, Organization: "acme",
			Old: before.Obj(), New: before.Workspace("support", v1alpha1.WorkspaceEdit).Obj(),
		})).To(BeEmpty())
	})
})

var _ = Describe("An update that leaves the spec as it is", func() {
	It("need not correct present faults", func() {
		bad := builders.Organization("acme").With(func(o *v1alpha1.Organization) { o.Spec.Profile.TimeZone = "Europe/Atlantis" }).Obj()
		labelled := bad.DeepCopy()
		labelled.Labels = map[string]string{"team": "blue"}
		Expect(authz.Judge(update(person("ana", orgAdmin), bad, labelled))).To(BeEmpty())
		moved := bad.DeepCopy()
		moved.Spec.Profile.Size = 5
		Expect(rules(authz.Judge(update(person("ana", orgAdmin), bad, moved)))).To(Equal([]string{"time-zone-known"}))
	})

	It("is allowed only to those who manage the kind", func() {
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
