// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The groups of a person", func() {
	group := func(name string) *v1alpha1.OrgGroup { return builders.OrgGroup("acme", name).Obj() }

	It("DIR-5 LMI-9 are those that the account names and those that list the address, each once", func() {
		going := group("gone")
		going.DeletionTimestamp = ptr.To(metav1.Now())
		groups, omitted := effective.GroupsOf([]v1alpha1.ObjectName{"night", "day"},
			[]*v1alpha1.OrgGroup{group("sales"), going, group("day"), group("admins")})
		Expect(groups).To(HaveExactElements(BeEquivalentTo("night"), BeEquivalentTo("day"), BeEquivalentTo("admins"), BeEquivalentTo("sales")))
		Expect(omitted).To(BeZero())
	})

	It("DIR-5 are at most as many as the status has room for, those of the account first", func() {
		var listing []*v1alpha1.OrgGroup
		for n := range effective.MaxGroupsOfUser + 2 {
			listing = append(listing, group(fmt.Sprintf("g%04d", effective.MaxGroupsOfUser+2-n)))
		}
		groups, omitted := effective.GroupsOf([]v1alpha1.ObjectName{"zebra"}, listing)
		Expect(groups).To(HaveLen(effective.MaxGroupsOfUser))
		Expect(groups[:2]).To(HaveExactElements(BeEquivalentTo("zebra"), BeEquivalentTo("g0001")))
		Expect(omitted).To(Equal(3))
	})

	DescribeTable("DIR-5 are in force while the account is", func(change func(*v1alpha1.OrgUser), inForce bool) {
		u := builders.OrgUser("acme", "sam").Existing().Obj()
		change(u)
		f := builders.UserFacts(u, builders.Organization("acme").Obj())
		f.Groups = []v1alpha1.ObjectName{"helpdesk"}
		if inForce {
			Expect(effective.UserInForce(f).Groups).To(Equal(f.Groups))
		} else {
			Expect(effective.UserInForce(f).Groups).To(BeEmpty())
		}
	},
		Entry("active", func(*v1alpha1.OrgUser) {}, true),
		Entry("with no access but notifications", func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleNotificationsOnly }, true),
		Entry("suspended", func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true }, false),
		Entry("invited", func(u *v1alpha1.OrgUser) { u.Spec.Onboarding = v1alpha1.OnboardingInvite }, false),
		Entry("Limited", func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessLimited }, false),
		Entry("being deleted", func(u *v1alpha1.OrgUser) { u.DeletionTimestamp = ptr.To(metav1.Now()) }, false),
	)

	It("DIR-5 leave room in the status however many of them a workspace lists", func() {
		u := builders.OrgUser("acme", "sam").Existing().Obj()
		f := builders.UserFacts(u, builders.Organization("acme").Obj(), builders.Owned("support"))
		f.Named = map[string][]v1alpha1.GrantOrigin{}
		for n := range 100 {
			f.Named["support"] = append(f.Named["support"], v1alpha1.GrantOrigin{
				Source: v1alpha1.GrantedByGroup, Group: fmt.Sprintf("g%d", n), Access: v1alpha1.WorkspaceView,
			})
		}
		f.Named["support"] = append(f.Named["support"], v1alpha1.GrantOrigin{Source: v1alpha1.GrantedByMember, Access: v1alpha1.WorkspaceEdit})
		in := effective.UserInForce(f)
		Expect(in.Workspaces).To(HaveExactElements(And(HaveField("Access", v1alpha1.WorkspaceEdit), HaveField("Origins", HaveLen(64)))))
	})

	It("DIR-5 list an address once, however it is spelled", func() {
		g := builders.OrgGroup("acme", "g").Members("Sam@ACME.example", "sam@acme.example", "eva@acme.example").Obj()
		Expect(effective.GroupMembers(g)).To(Equal([]string{"sam@acme.example", "eva@acme.example"}))
		Expect(effective.GroupMembers(nil)).To(BeEmpty())
	})
})

var _ = Describe("What a group opens", func() {
	It("DIR-5 is each workspace once, with the strongest access that lists it", func() {
		going := builders.Owned("gone")
		going.DeletionTimestamp = ptr.To(metav1.Now())
		a, b := builders.Owned("a"), builders.Owned("b")
		grants, omitted := effective.GroupGrants(map[v1alpha1.WorkspaceAccess][]*v1alpha1.Workspace{
			v1alpha1.WorkspaceView: {b, a, going}, v1alpha1.WorkspaceAdmin: {b},
		})
		Expect(grants).To(Equal([]v1alpha1.GroupGrantStatus{{Name: "a", Access: v1alpha1.WorkspaceView}, {Name: "b", Access: v1alpha1.WorkspaceAdmin}}))
		Expect(omitted).To(BeZero())
	})

	It("DIR-5 is as many workspaces as the status has room for", func() {
		var all []*v1alpha1.Workspace
		for n := range 1002 {
			all = append(all, builders.Owned(fmt.Sprintf("w%04d", n)))
		}
		grants, omitted := effective.GroupGrants(map[v1alpha1.WorkspaceAccess][]*v1alpha1.Workspace{v1alpha1.WorkspaceView: all})
		Expect(grants).To(HaveLen(1000))
		Expect(omitted).To(Equal(2))
	})

	It("DIR-5 has a name for people, which the older of two groups keeps", func() {
		older := builders.OrgGroup("acme", "b").With(func(g *v1alpha1.OrgGroup) { g.Spec.DisplayName = " Help Desk " }).Obj()
		younger := builders.OrgGroup("acme", "a").With(func(g *v1alpha1.OrgGroup) { g.Spec.DisplayName = "help desk" }).Obj()
		older.CreationTimestamp, younger.CreationTimestamp = metav1.Unix(1, 0), metav1.NewTime(time.Unix(2, 0))
		Expect(effective.GroupTitleKey(older)).To(Equal(effective.GroupTitleKey(younger)))
		Expect(effective.TitlePrecedes(older, younger)).To(BeTrue())
		Expect(effective.TitlePrecedes(younger, older)).To(BeFalse())
		younger.CreationTimestamp = older.CreationTimestamp
		Expect(effective.TitlePrecedes(younger, older)).To(BeTrue(), "by name")
		Expect(effective.GroupTitle(builders.OrgGroup("acme", "a").Obj())).To(Equal("a"))
	})
})

var _ = Describe("Groups of the identity provider", func() {
	refusal := func(name string, entries ...string) string {
		allowed, err := effective.ParseIdentityGroups(entries)
		Expect(err).NotTo(HaveOccurred())
		return allowed.WhyRefused(builders.OrgGroup("acme", "g").IdentityGroup(name).Obj())
	}
	DescribeTable("DIR-5 are allowed by what they begin with", func(name string, entries []string, why string) {
		if why == "" {
			Expect(refusal(name, entries...)).To(BeEmpty())
		} else {
			Expect(refusal(name, entries...)).To(ContainSubstring(why))
		}
	},
		Entry("none named", "", nil, ""),
		Entry("none allowed", "oidc:help", nil, "the platform's configuration allows no groups of an identity provider yet"),
		Entry("for everybody", "oidc:help", []string{"oidc:"}, ""),
		Entry("for this organization", "oidc:acme-help", []string{"acme=oidc:acme-"}, ""),
		Entry("for another organization", "oidc:acme-help", []string{"other=oidc:acme-"}, "allows no groups of an identity provider yet"),
		Entry("another prefix", "ldap:help", []string{"oidc:", "acme=ad:"}, `organization "acme" may use, which are those that begin with ad:, oidc:`),
		Entry("nothing but the prefix", "oidc:", []string{"oidc:"}, "is not a group"),
		Entry("another case", "OIDC:help", []string{"oidc:"}, "is not a group"),
		Entry("a prefix with the sign between organization and prefix", "ldap:cn=help", []string{"ldap:cn="}, ""),
		Entry("a group of Kubernetes", "system:masters", []string{"oidc:", "sys"}, "Kubernetes reserves"),
	)

	DescribeTable("DIR-5 are not configured by", func(entry, why string) {
		_, err := effective.ParseIdentityGroups([]string{"oidc:", entry})
		Expect(err).To(MatchError(ContainSubstring(why)))
	},
		Entry("nothing", "", "allows every group"),
		Entry("nothing for an organization", "acme=", "allows every group"),
		Entry("a prefix of Kubernetes", "system:", "reserves for its own groups"),
		Entry("such a prefix for an organization", "acme=system:serviceaccounts", "reserves for its own groups"),
	)
})
