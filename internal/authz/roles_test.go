// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

const (
	none    = authz.PowerNone
	view    = authz.PowerView
	members = authz.PowerManageMembers
	manage  = authz.PowerManage
)

var areas = []authz.Area{
	authz.AreaProfile, authz.AreaBilling, authz.AreaSubscription, authz.AreaUsers, authz.AreaWorkspaces,
	authz.AreaOrganization,
}

// expectedPowers is the role table as it is required, a row a role, a column an area in the order of areas.
var expectedPowers = []struct {
	text   string
	role   v1alpha1.Role
	powers []authz.Power
}{
	{"ORG-3 NOV-5 GTA-1 an organization administrator manages everything", orgAdmin, []authz.Power{manage, manage, manage, manage, manage, manage}},
	{"a billing administrator manages billing and subscription and sees the rest", billingAdmin, []authz.Power{view, manage, manage, view, view, none}},
	{"NOV-6 a finance administrator manages all but subscription, users and deletion", financeAdmin, []authz.Power{manage, manage, view, view, manage, none}},
	{"ORG-13 a user administrator manages members and workspaces", userAdmin, []authz.Power{view, view, none, members, manage, none}},
	{"GTA-2 a technician sees and changes nothing", technician, []authz.Power{view, view, view, view, view, none}},
	{"a member manages and sees nothing of the organization", member, []authz.Power{none, none, none, none, none, none}},
	{"who only receives notifications manages and sees nothing", notifications, []authz.Power{none, none, none, none, none, none}},
}

var _ = Describe("The role table", func() {
	for _, row := range expectedPowers {
		It(row.text, func() {
			for n, area := range areas {
				Expect(authz.PowerOf(row.role, area)).To(Equal(row.powers[n]), string(area))
			}
		})
	}

	It("ORG-1 has all roles, the mightiest first, and gives nothing to a role that it does not have", func() {
		Expect(authz.Roles()).To(Equal(allRoles))
		for _, area := range areas {
			Expect(authz.PowerOf("", area)).To(Equal(none))
			Expect(authz.PowerOf("organizationadmin", area)).To(Equal(none))
		}
	})

	It("hands out a list of roles of its own", func() {
		authz.Roles()[0] = member
		Expect(authz.Roles()).To(Equal(allRoles))
	})

	It("ORG-9 ORG-15 lets an organization administrator grant every role, a user administrator that of a member, others none", func() {
		for _, granted := range allRoles {
			Expect(authz.MayGrant(orgAdmin, granted)).To(BeTrue(), string(granted))
			Expect(authz.MayGrant(userAdmin, granted)).To(Equal(granted == member), string(granted))
			for _, role := range []v1alpha1.Role{billingAdmin, financeAdmin, technician, member, notifications, ""} {
				Expect(authz.MayGrant(role, granted)).To(BeFalse(), "%s grants %s", role, granted)
			}
		}
	})
})

var _ = Describe("ClusterRoles", func() {
	DescribeTable("of a role in the organization's namespace", func(role v1alpha1.Role, name string) {
		Expect(effective.ClusterRoleForRole(role)).To(Equal(name))
	},
		Entry(nil, orgAdmin, "usher-organization-admin"),
		Entry(nil, billingAdmin, "usher-billing-admin"),
		Entry(nil, financeAdmin, "usher-finance-admin"),
		Entry(nil, userAdmin, "usher-user-admin"),
		Entry(nil, technician, "usher-technician"),
		Entry(nil, member, "usher-member"),
		Entry("NOV-7 who only receives notifications has none", notifications, ""),
		Entry("no role", v1alpha1.Role(""), ""),
	)

	DescribeTable("of an access in a workspace's namespace", func(access v1alpha1.WorkspaceAccess, name string) {
		Expect(effective.ClusterRoleForAccess(access)).To(Equal(name))
	},
		Entry(nil, v1alpha1.WorkspaceAdmin, "admin"),
		Entry(nil, v1alpha1.WorkspaceEdit, "edit"),
		Entry(nil, v1alpha1.WorkspaceView, "view"),
	)
})

var _ = Describe("As what somebody acts beside the roles", func() {
	platform := authz.Platform{
		Operator: "system:serviceaccount:usher-system:usher",
		Users:    []string{"system:serviceaccount:tools:backup"},
		Groups:   []string{"platform-team"},
	}

	DescribeTable("is", func(username string, groups []string, kind authz.ActorKind) {
		Expect(platform.ActorKind(username, groups)).To(Equal(kind))
	},
		Entry("the cluster's masters", "root", []string{"system:authenticated", "system:masters"}, authz.ActorPlatform),
		Entry("the garbage collector", "system:serviceaccount:kube-system:generic-garbage-collector", nil, authz.ActorCleaner),
		Entry("the namespace controller", "system:serviceaccount:kube-system:namespace-controller", nil, authz.ActorCleaner),
		Entry("the controller manager", "system:kube-controller-manager", nil, authz.ActorCleaner),
		Entry("Usher itself", "system:serviceaccount:usher-system:usher", nil, authz.ActorOperator),
		Entry("Usher itself, among the masters", "system:serviceaccount:usher-system:usher", []string{"system:masters"}, authz.ActorOperator),
		Entry("a user who is configured", "system:serviceaccount:tools:backup", nil, authz.ActorPlatform),
		Entry("a group that is configured", "kim", []string{"staff", "platform-team"}, authz.ActorPlatform),
		Entry("not a person", "ana@acme.example", []string{"system:authenticated"}, authz.ActorNobody),
		Entry("not a person whose name is a group's", "system:masters", nil, authz.ActorNobody),
		Entry("not a group whose name is a user's", "ana@acme.example", []string{"system:serviceaccount:tools:backup"}, authz.ActorNobody),
		Entry("not another ServiceAccount of kube-system", "system:serviceaccount:kube-system:default", nil, authz.ActorNobody),
		Entry("not nobody", "", nil, authz.ActorNobody),
	)

	It("is not Usher while Usher's own name is unknown", func() {
		Expect(authz.Platform{}.ActorKind("", nil)).To(Equal(authz.ActorNobody))
	})
})
