// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("What an invited person gets", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit

	It("ORG-22 ORG-23 LMI-9 is found before the person's user is written", func(ctx context.Context) {
		i := builders.Invitation("acme", "team", "luis@acme.example").Groups("night").Workspace("own", view).Obj()
		reader := holding(acme("ana"), owned(builders.Workspace("acme", "own")), owned(builders.Workspace("acme", "grouped").Group("night", edit)),
			builders.Workspace("acme", "coming").Member("LUIS@acme.example", view).Obj(), owned(builders.Workspace("acme", "others")))
		Expect(reader.Outlook(ctx, effective.InvitedUser(i, "luis@acme.example"))).To(Equal(effective.Outlook{
			Role: v1alpha1.RoleMember, Standing: effective.StandingPartial, Workspaces: []effective.WorkspaceOutlook{
				{Name: "grouped", Title: "grouped", Namespace: "acme-grouped", Access: edit},
				{Name: "own", Title: "own", Namespace: "acme-own", Access: view},
				{Name: "coming", Title: "coming", Access: view},
			},
		}))
	})
})

var _ = Describe("Whom an invited person can ask", func() {
	const admin = v1alpha1.RoleOrganizationAdmin
	primary := func(email string) *v1alpha1.Organization {
		return builders.Organization("acme").PrimaryAdministrator("Zoe", email).Obj()
	}
	inForce := func() *v1alpha1.OrgUser {
		u := active("ana", admin)
		u.Status.DisplayName = "Ana Pérez"
		return u
	}
	zoe := active("zoe", v1alpha1.RoleMember)
	zoe.Status.DisplayName = "Zoe"
	suspended := inForce()
	suspended.Status.State = v1alpha1.UserSuspended

	DescribeTable("NOV-9 is", func(ctx context.Context, o *v1alpha1.Organization, inviter *v1alpha1.OrgUser, invitedBy v1alpha1.Username,
		invited, expected string,
	) {
		contact, err := holding(o, inviter, zoe).ContactFor(ctx, o, invitedBy, invited)
		Expect(err).NotTo(HaveOccurred())
		Expect(contact.String()).To(Equal(expected))
	},
		Entry("the inviter", primary("zoe@acme.example"), inForce(), v1alpha1.Username("ana@acme.example"), "luis@acme.example",
			"Ana Pérez (ana@acme.example)"),
		Entry("the primary administrator if the inviter is no longer active", primary("zoe@acme.example"), suspended,
			v1alpha1.Username("ana@acme.example"), "luis@acme.example", "Zoe (zoe@acme.example)"),
		Entry("the primary administrator if the inviter is no person", primary("zoe@acme.example"), inForce(),
			v1alpha1.Username("system:serviceaccount:argocd:acme"), "luis@acme.example", "Zoe (zoe@acme.example)"),
		Entry("an administrator in force if nobody else is known", acme("gone", "ana"), inForce(), v1alpha1.Username(""), "luis@acme.example",
			"Ana Pérez (ana@acme.example)"),
		Entry("nobody, rather than the person", acme("ana"), inForce(), v1alpha1.Username("ana@acme.example"), "ANA@acme.example", ""),
		Entry("nobody if nobody is known", builders.Organization("acme").Obj(), inForce(), v1alpha1.Username(""), "luis@acme.example", ""),
	)
})
