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

var _ = Describe("GTA-5 A workspace for every user", func() {
	required := builders.Organization("acme").Settings(v1alpha1.OrganizationSettings{WorkspaceAssignment: v1alpha1.AssignmentRequired})
	optional := builders.Organization("acme")
	message := `organization "acme" requires a workspace for every user, and luis@acme.example would have none: name one here, or first ` +
		`list the address or one of the groups in spec.members of a Workspace`
	platform := authz.Actor{Kind: authz.ActorPlatform, Username: "root"}

	judged := func(o builders.OrganizationBuilder, operation authz.Operation, old, requested metav1.Object, named ...effective.MemberKey) []string {
		GinkgoHelper()
		r := authz.Request{
			Operation: operation, Actor: platform, Organization: "acme", Old: old, New: requested,
			Facts: authz.Facts{Organization: o.Obj(), Named: map[effective.MemberKey]bool{}},
		}
		for _, key := range named {
			Expect(authz.AssignmentKeys(r)).To(ContainElement(key), "it is asked about")
			r.Facts.Named[key] = true
		}
		var messages []string
		for _, v := range authz.Judge(r) {
			Expect(v.Field).To(Equal("spec.workspaces"))
			messages = append(messages, v.Message)
		}
		return messages
	}
	luis := builders.OrgUser("acme", "luis")
	placed, bare := luis.Workspace("support", v1alpha1.WorkspaceView), luis

	DescribeTable("of a new user", func(o builders.OrganizationBuilder, u builders.OrgUserBuilder, refused bool, named ...effective.MemberKey) {
		found := judged(o, authz.Create, nil, u.Obj(), named...)
		if refused {
			Expect(found).To(ConsistOf(message))
		} else {
			Expect(found).To(BeEmpty())
		}
	},
		Entry("is required if the organization says so", required, bare, true),
		Entry("is not required by default", optional, bare, false),
		Entry("may be one that the user names", required, placed, false),
		Entry("may be one that names the address", required, bare.Email("Luis@acme.example"), false, effective.AddressKey("luis@acme.example")),
		Entry("may be one that names a group", required, bare.Groups("a", "b"), false, effective.GroupKey("b")),
		Entry("is not required for administrators, who are in every workspace", required, bare.Role(orgAdmin), false),
		Entry("is not required for users who only receive notifications", required, bare.Role(notifications), false),
		Entry("is not required for Limited accounts", required, bare.Limited(), false),
	)

	It("cannot be removed from a user who has one; a user without one can be changed otherwise", func() {
		Expect(judged(required, authz.Update, placed.Obj(), bare.Obj())).To(ConsistOf(message))
		Expect(judged(required, authz.Update, bare.Groups("a").Obj(), bare.Obj(), effective.GroupKey("a"))).To(ConsistOf(message))
		Expect(judged(required, authz.Update, bare.Role(orgAdmin).Obj(), bare.Obj())).To(ConsistOf(message))
		Expect(judged(required, authz.Update, bare.Obj(), bare.Suspended().Obj())).To(BeEmpty())
		Expect(judged(required, authz.Delete, placed.Obj(), nil)).To(BeEmpty())
	})

	It("is required for everybody whom an Invitation invites", func() {
		i := builders.Invitation("acme", "team", "luis@acme.example, eva@acme.example")
		eva := effective.AddressKey("eva@acme.example")
		Expect(judged(required, authz.Create, nil, i.Obj(), eva)).To(ConsistOf(message))
		Expect(judged(required, authz.Create, nil, i.Workspace("support", v1alpha1.WorkspaceView).Obj())).To(BeEmpty())
		Expect(judged(required, authz.Create, nil, i.Groups("a").Obj(), effective.GroupKey("a"))).To(BeEmpty())
		Expect(judged(required, authz.Create, nil, i.Role(orgAdmin).Obj())).To(BeEmpty())
		Expect(judged(optional, authz.Create, nil, i.Obj())).To(BeEmpty())
		Expect(judged(required, authz.Update, builders.Invitation("acme", "team", "luis@acme.example").Obj(), i.Obj(), eva)).To(BeEmpty())
		var many []string
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			many = append(many, name+"@acme.example")
		}
		Expect(judged(required, authz.Create, nil, builders.Invitation("acme", "team", many...).Obj())).To(
			ConsistOf(ContainSubstring("e@acme.example, … would have none")))
	})
})
