// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("ORG-26 An address that workspaces name", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit
	listing := func() []client.Object {
		return []client.Object{
			acme("ana"), active("ana", v1alpha1.RoleOrganizationAdmin), active("sam", v1alpha1.RoleMember),
			builders.OrgUser("acme", "outsider").Limited().Obj(),
			builders.Workspace("acme", "support").Member("EVA@acme.example", edit).Member("sam@acme.example", view).Obj(),
			builders.Workspace("acme", "sales").Member("eva@acme.example", view).Obj(),
			builders.Workspace("acme", "field").Device("kiosk", "Eva@acme.example").Member("outsider@acme.example", view).Obj(),
		}
	}
	members := func(field, names string) string {
		return field + ": spec.members of workspaces names eva@acme.example already: " + names +
			". The new user gets this access; if it was meant for somebody who had the address before, remove it there"
	}
	devices := func(field string) string {
		return field + ": spec.devices of workspaces names eva@acme.example already: field. If this was meant for somebody who had the " +
			"address before, assign the devices anew"
	}
	eva := builders.OrgUser("acme", "eva")
	team := func(emails ...string) *v1alpha1.Invitation {
		return builders.Invitation("acme", "team", emails...).Obj()
	}

	DescribeTable("causes a warning when somebody new gets it", func(ctx context.Context, old, changed metav1.Object, warnings ...string) {
		Expect(holding(listing()...).InheritanceWarnings(ctx, old, changed)).To(HaveExactElements(warnings))
	},
		Entry("as a user", nil, eva.Obj(), members("spec.email", "sales, support"), devices("spec.email")),
		Entry("as a user who is given one of the workspaces anyway", nil, eva.Workspace("sales", view).Obj(),
			members("spec.email", "support"), devices("spec.email")),
		Entry("by an Invitation", nil, team("Kim <kim@acme.example>, Eva@acme.example; eva@acme.example"),
			"spec.emails: spec.members of workspaces names Eva@acme.example already: sales, support. The new user gets this access; if it was "+
				"meant for somebody who had the address before, remove it there",
			"spec.emails: spec.devices of workspaces names Eva@acme.example already: field. If this was meant for somebody who had the "+
				"address before, assign the devices anew"),
		Entry("by an Invitation to which it is added", team("kim@acme.example"), team("kim@acme.example", "eva@acme.example"),
			members("spec.emails", "sales, support"), devices("spec.emails")),
		Entry("as somebody who had a Limited account so far", nil, builders.OrgUser("acme", "o").Email("outsider@acme.example").Obj(),
			"spec.email: spec.members of workspaces names outsider@acme.example already: field. The new user gets this access; if it was "+
				"meant for somebody who had the address before, remove it there"),
		Entry("but not by an Invitation that named it before", team("eva@acme.example"), team("kim@acme.example", "EVA@acme.example")),
		Entry("but not of somebody who is a user already", nil, team("sam@acme.example")),
		Entry("but not by a change of the user", eva.Obj(), eva.Groups("night").Obj()),
		Entry("but not as an administrator, who has access to all workspaces", nil, eva.Role(v1alpha1.RoleOrganizationAdmin).Obj()),
		Entry("but not as a Limited account, which has access to none", nil, eva.Limited().Obj()),
		Entry("but not if it is another address", nil, builders.OrgUser("acme", "kim").Obj()),
		Entry("but not by other kinds", nil, builders.Workspace("acme", "new").Member("eva@acme.example", view).Obj()),
	)

	It("causes a warning when its user is deleted", func(ctx context.Context) {
		reader := holding(listing()...)
		Expect(reader.DeletionWarnings(ctx, active("sam", v1alpha1.RoleMember))).To(HaveExactElements(
			"spec.members of workspaces still names sam@acme.example: support. The next user with this address gets that access; remove it " +
				"there unless the person returns"))
		Expect(reader.DeletionWarnings(ctx, builders.OrgUser("acme", "second").Email("SAM@acme.example").Obj())).To(BeEmpty(),
			"somebody else has the address")
	})

	It("ORG-27 causes a warning when its user is deleted to whom contacts are assigned", func(ctx context.Context) {
		assigned := []v1alpha1.ContactStatus{
			{Name: "Guardia", Assignee: "sam@acme.example", AssigneeUID: "u1"},
			{Name: "Noche", ObservedAssignee: "sam@acme.example"},
			{Name: "Ventas", Assignee: "sam@acme.example", AssigneeUID: "u2"},
		}
		w := builders.Workspace("acme", "support").Contact("Guardia", "sam@acme.example").Obj()
		w.Status.Contacts = assigned
		o := acme()
		o.Status.Contacts = assigned[:1]
		sam := active("sam", v1alpha1.RoleMember)
		sam.UID = "u1"
		Expect(holding(o, w, sam).DeletionWarnings(ctx, sam)).To(HaveExactElements(
			"contacts are assigned to sam@acme.example: Guardia in workspace support, Guardia of the organization. They become unassigned, and " +
				"stay so whoever has the address later, until you name an assignee anew"))
	})

	It("is named with a bounded number of workspaces, and a bounded number of people is", func(ctx context.Context) {
		objects := []client.Object{acme()}
		invited := make([]string, 0, 30)
		for n := range 30 {
			invited = append(invited, fmt.Sprintf("p%d@acme.example", n))
		}
		for n := range 30 {
			w := builders.Workspace("acme", fmt.Sprintf("w%02d", n)).Member("eva@acme.example", edit)
			for _, email := range invited {
				w = w.Member(email, view)
			}
			objects = append(objects, w.Obj())
		}
		reader := holding(objects...)
		Expect(reader.InheritanceWarnings(ctx, nil, eva.Obj())).To(HaveExactElements(
			members("spec.email", "w00, w01, w02, w03, w04, w05, w06, w07, w08, w09, and more")))
		Expect(reader.InheritanceWarnings(ctx, nil, team(invited...))).To(And(HaveLen(maxWarnings+1), HaveEach(Not(BeEmpty()))))
	})
})
