// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
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

// expectedPowers is the required role table: a row for each role, a column for each area, in the order of areas.
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
	{"a user who only receives notifications manages and sees nothing", notifications, []authz.Power{none, none, none, none, none, none}},
}

var _ = Describe("The role table", func() {
	for _, row := range expectedPowers {
		It(row.text, func() {
			for n, area := range areas {
				Expect(authz.PowerOf(row.role, area)).To(Equal(row.powers[n]), string(area))
			}
		})
	}

	It("ORG-1 lists all roles, the most powerful first, and gives no power to unknown roles", func() {
		Expect(authz.Roles()).To(Equal(allRoles))
		for _, area := range areas {
			Expect(authz.PowerOf("", area)).To(Equal(none))
			Expect(authz.PowerOf("organizationadmin", area)).To(Equal(none))
		}
	})

	It("returns a new list of roles each time", func() {
		authz.Roles()[0] = member
		Expect(authz.Roles()).To(Equal(allRoles))
	})

	It("ORG-9 ORG-15 lets an OrganizationAdmin grant every role, a UserAdmin only Member, and others none", func() {
		for _, granted := range allRoles {
			Expect(authz.MayGrant(orgAdmin, granted)).To(BeTrue(), string(granted))
			Expect(authz.MayGrant(userAdmin, granted)).To(Equal(granted == member), string(granted))
			for _, role := range []v1alpha1.Role{billingAdmin, financeAdmin, technician, member, notifications, ""} {
				Expect(authz.MayGrant(role, granted)).To(BeFalse(), "%s grants %s", role, granted)
			}
		}
	})
})
