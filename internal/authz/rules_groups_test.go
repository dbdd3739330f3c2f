// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A group", func() {
	group := func(members ...string) *v1alpha1.OrgGroup {
		return builders.OrgGroup("acme", "helpdesk").Members(members...).Obj()
	}
	named := func(identity string) *v1alpha1.OrgGroup {
		return builders.OrgGroup("acme", "helpdesk").IdentityGroup(identity).Obj()
	}
	oidc, err := effective.ParseIdentityGroups([]string{"oidc:"})
	facts := authz.Facts{
		Organization: acme("ana"), IdentityGroups: oidc,
		Protected: map[string]v1alpha1.Role{"tea@acme.example": technician, "ana@acme.example": orgAdmin},
	}
	It("is judged by a well-formed configuration", func() { Expect(err).NotTo(HaveOccurred()) })

	request := func(role v1alpha1.Role, before, after *v1alpha1.OrgGroup) authz.Request {
		r := authz.Request{Operation: authz.Update, Actor: person("eva", role), Organization: "acme", Facts: facts}
		switch {
		case before == nil:
			r.Operation, r.New = authz.Create, after
		case after == nil:
			r.Operation, r.Old = authz.Delete, before
		default:
			r.Old, r.New = before, after
		}
		return r
	}
	rules := func(r authz.Request) []string {
		names := []string{}
		for _, v := range authz.Judge(r) {
			names = append(names, v.Rule)
		}
		return names
	}

	It("DIR-5 is managed only by roles that could grant the access that it opens without it", func() {
		for _, role := range allRoles {
			manages := len(rules(request(role, nil, group()))) == 0
			couldGrant := authz.PowerOf(role, authz.AreaWorkspaces) == authz.PowerManage &&
				authz.PowerOf(role, authz.AreaUsers) >= authz.PowerManageMembers
			Expect(manages).To(Equal(couldGrant), string(role))
		}
	})

	DescribeTable("DIR-5 ORG-11 is changed by a UserAdmin as far as Members are concerned", func(before, after *v1alpha1.OrgGroup, refused ...string) {
		if len(refused) == 0 {
			Expect(rules(request(userAdmin, before, after))).To(BeEmpty())
		} else {
			Expect(rules(request(userAdmin, before, after))).To(Equal(refused))
		}
		Expect(rules(request(orgAdmin, before, after))).To(BeEmpty())
	},
		Entry("with nobody", nil, group()),
		Entry("with a Member", nil, group("sam@acme.example")),
		Entry("with a Technician", nil, group("sam@acme.example", "Tea@ACME.example"), "members-only"),
		Entry("with two above Member", nil, group("ana@acme.example", "tea@acme.example"), "members-only", "members-only"),
		Entry("adding a Technician", group(), group("tea@acme.example"), "members-only"),
		Entry("removing a Technician", group("tea@acme.example"), group(), "members-only"),
		Entry("keeping a Technician", group("tea@acme.example"), group("sam@acme.example", "TEA@acme.example")),
		Entry("deleting one with a Member", group("sam@acme.example"), nil),
		Entry("deleting one with a Technician", group("tea@acme.example"), nil, "members-only"),
	)

	It("DIR-5 ORG-11 looks up only the addresses that decide", func() {
		before, after := group("a@acme.example", "b@acme.example"), group("B@acme.example", "c@acme.example")
		Expect(authz.GroupAddresses(request(userAdmin, before, after))).To(ConsistOf("a@acme.example", "c@acme.example"))
		Expect(authz.GroupAddresses(request(userAdmin, before, nil))).To(ConsistOf("a@acme.example", "b@acme.example"))
		Expect(authz.GroupAddresses(request(orgAdmin, before, after))).To(BeEmpty())
		Expect(authz.GroupAddresses(request(financeAdmin, before, after))).To(BeEmpty())
	})

	It("DIR-5 reports a bounded number of people above Member", func() {
		many, protected := group(), map[string]v1alpha1.Role{}
		for n := range 50 {
			address := fmt.Sprintf("p%d@acme.example", n)
			many.Spec.Members = append(many.Spec.Members, v1alpha1.MemberAddress(address))
			protected[address] = technician
		}
		r := request(userAdmin, nil, many)
		r.Facts.Protected = protected
		Expect(authz.Judge(r)).To(HaveLen(10))
	})

	DescribeTable("DIR-5 names a group of the identity provider", func(role v1alpha1.Role, before, after *v1alpha1.OrgGroup, refused ...string) {
		if len(refused) == 0 {
			Expect(rules(request(role, before, after))).To(BeEmpty())
		} else {
			Expect(rules(request(role, before, after))).To(Equal(refused))
		}
	},
		Entry("set by an OrganizationAdmin", orgAdmin, group(), named("oidc:x")),
		Entry("set by a UserAdmin", userAdmin, group(), named("oidc:x"), "identity-group-managed"),
		Entry("created by a UserAdmin", userAdmin, nil, named("oidc:x"), "identity-group-managed"),
		Entry("kept by a UserAdmin", userAdmin, named("oidc:x"), builders.OrgGroup("acme", "helpdesk").IdentityGroup("oidc:x").Members("sam@acme.example").Obj()),
		Entry("removed by a UserAdmin", userAdmin, named("oidc:x"), group()),
		Entry("deleted by a UserAdmin", userAdmin, named("oidc:x"), nil),
		Entry("that is not allowed", orgAdmin, group(), named("ldap:x"), "identity-group-allowed"),
		Entry("that is no longer allowed, kept", orgAdmin, named("ldap:x"), builders.OrgGroup("acme", "helpdesk").IdentityGroup("ldap:x").Members("sam@acme.example").Obj()),
		Entry("of Kubernetes, past the schema", orgAdmin, group(), named("system:masters"), "identity-group-allowed"),
	)

	It("DIR-5 names a group of the identity provider that the platform allows, also for the platform", func() {
		r := request(orgAdmin, nil, named("ldap:x"))
		r.Actor = platformActor
		Expect(rules(r)).To(Equal([]string{"identity-group-allowed"}))
	})

	It("DIR-5 has a name for people of its own", func() {
		r := request(orgAdmin, nil, group())
		r.Facts.TitleHolder = builders.OrgGroup("acme", "other").Obj()
		Expect(authz.Judge(r)).To(ConsistOf(And(HaveField("Field", "spec.displayName"), HaveField("Reason", authz.Invalid),
			HaveField("Message", HavePrefix(`is the name of OrgGroup "other" already`)))))
		r.Operation, r.Old = authz.Update, group("sam@acme.example")
		Expect(authz.Judge(r)).To(BeEmpty(), "it had the name before")
	})

	It("DIR-5 lists well-formed addresses, each once", func() {
		Expect(authz.CheckContent(group("sam@acme", "eva@acme.example", "EVA@acme.example", "ana@acme.example"))).To(HaveExactElements(
			And(HaveField("Field", "spec.members[0]"), HaveField("Rule", "address-well-formed")),
			And(HaveField("Field", "spec.members[2]"), HaveField("Message", "is already listed as spec.members[1]: remove one of them"))))
		many := group()
		for range 50 {
			many.Spec.Members = append(many.Spec.Members, "x")
		}
		Expect(authz.CheckContent(many)).To(HaveLen(10))
	})
})
