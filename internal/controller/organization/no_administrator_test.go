// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("ORG-4 An organization without an administrator", func() {
	const platform = "no administrator is in force yet: the platform team has to "
	bare := builders.Organization("acme").Obj()
	user := func(name string, role v1alpha1.Role, change ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", name).Role(role).Obj()
		u.Status.State = v1alpha1.UserActive
		for _, c := range change {
			c(u)
		}
		return u
	}
	admin := func(change ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		return user("ana", v1alpha1.RoleOrganizationAdmin, append([]func(*v1alpha1.OrgUser){func(u *v1alpha1.OrgUser) {
			u.Status.State = v1alpha1.UserPending
		}}, change...)...)
	}

	DescribeTable("says what can work", func(o *v1alpha1.Organization, message string, users ...*v1alpha1.OrgUser) {
		Expect(noAdministrator(o, users)).To(Equal(message))
	},
		Entry("without users", bare,
			platform+"set spec.primaryAdministrator to have that person invited, or create an OrgUser with the role OrganizationAdmin"),
		Entry("with a primary administrator", builders.Organization("acme").PrimaryAdministrator("Ana", "ana@acme.example").Obj(),
			"no administrator is in force yet: the primary administrator, ana@acme.example, is about to be invited",
			builders.OrgUser("acme", "outsider").Limited().Obj()),
		Entry("with users, of whom the most powerful one is named", bare,
			platform+"give the role to somebody who is active, for example with `kubectl patch orguser eva -n acme --type=merge -p "+
				`'{"spec":{"role":"OrganizationAdmin"}}'`+"`; spec.primaryAdministrator has no effect once there are users",
			user("luis", v1alpha1.RoleMember), user("uma", v1alpha1.RoleUserAdmin), user("eva", v1alpha1.RoleUserAdmin)),
		Entry("with users of whom nobody is active",
			builders.Organization("acme").Delegate("system:serviceaccount:argocd:acme", v1alpha1.RoleOrganizationAdmin).Obj(),
			`no administrator is in force yet: the platform team or the delegate "system:serviceaccount:argocd:acme" has to create an OrgUser `+
				"with the role OrganizationAdmin; spec.primaryAdministrator has no effect once there are users",
			user("luis", v1alpha1.RoleMember, func(u *v1alpha1.OrgUser) { u.Status.State = v1alpha1.UserPending })),
		Entry("while the invited person has not accepted", bare,
			`no administrator is in force yet: OrgUser "ana" gets the role when ana@acme.example accepts the invitation`,
			user("eva", v1alpha1.RoleUserAdmin), admin(func(u *v1alpha1.OrgUser) { status.Ready(u, v1alpha1.ReasonAwaitingAcceptance, "") })),
		Entry("while nobody has looked at the user", bare,
			`no administrator is in force yet: OrgUser "ana" is about to get the role, or to be invited to it`, admin()),
		Entry("while the user is suspended", bare,
			`no administrator is in force yet: OrgUser "ana" requests the role but is suspended: the platform team has to end that, for example `+
				"with `kubectl patch orguser ana -n acme --type=merge -p "+`'{"spec":{"suspend":false}}'`+"`",
			admin(func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })),
		Entry("while the user cannot come into force", bare,
			`no administrator is in force yet: OrgUser "ana" requests the role but is NotInvited: the platform team has to see to that. It says: `+
				"the person cannot accept",
			admin(func(u *v1alpha1.OrgUser) { status.Stalled(u, v1alpha1.ReasonNotInvited, "the person cannot accept") })),
	)
})
