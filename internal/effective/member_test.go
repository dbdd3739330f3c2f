// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The notice about a user who is invited", func() {
	const admin, edit, view = v1alpha1.WorkspaceAdmin, v1alpha1.WorkspaceEdit, v1alpha1.WorkspaceView
	eva := builders.OrgUser("acme", "eva")
	team := builders.Invitation("acme", "team", "eva@acme.example")
	inForce := eva.With(func(u *v1alpha1.OrgUser) {
		u.Status.Workspaces = []v1alpha1.WorkspaceGrantStatus{{Name: "support", Access: admin}}
	})
	limited := `has a Limited account, which this Invitation does not change: to invite them, set spec.access to Full on OrgUser "eva"`
	lacks := func(what string) string {
		return "is a user already, whom this Invitation does not change: to give them " + what + `, edit OrgUser "eva"`
	}

	DescribeTable("ORG-22 says what the Invitation does not give, and which OrgUser to edit",
		func(u builders.OrgUserBuilder, i builders.InvitationBuilder, notice string) {
			Expect(effective.MemberNotice(u.Obj(), &i.Obj().Spec)).To(Equal(notice))
		},
		Entry("nothing if the user has everything", eva.Groups("desk").Modules("fax").Workspace("support", edit),
			team.Groups("desk").Modules("fax").Workspace("support", edit), ""),
		Entry("a role", eva, team.Role(v1alpha1.RoleTechnician), lacks(`the role "Technician"`)),
		Entry("also a lower one", eva.Role(v1alpha1.RoleOrganizationAdmin), team.Workspace("support", admin), lacks(`the role "Member"`)),
		Entry("a workspace", eva, team.Workspace("support", view), lacks(`the workspace "support" (View)`)),
		Entry("more access", eva.Workspace("support", view), team.Workspace("support", edit), lacks(`the workspace "support" (Edit)`)),
		Entry("not access that the user has from elsewhere", inForce, team.Workspace("support", edit), ""),
		Entry("not less access", eva.Workspace("support", admin), team.Workspace("support", edit), ""),
		Entry("not what only the Invitation lacks", eva.Groups("desk").Modules("fax"), team, ""),
		Entry("several, of which it names some", eva, team.Role(v1alpha1.RoleTechnician).Groups("a", "b").Modules("m"),
			lacks(`the role "Technician", the group "a", the group "b" and 1 more`)),
		Entry("that the account is Limited", eva.Limited(), team, limited),
	)
})
