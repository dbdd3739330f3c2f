// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	asView  = v1alpha1.WorkspaceView
	asEdit  = v1alpha1.WorkspaceEdit
	asAdmin = v1alpha1.WorkspaceAdmin
)

var _ = Describe("ORG-2 ORG-22 ORG-23 LMI-9 The origins of an access", func() {
	origin := func(source v1alpha1.GrantSource, access v1alpha1.WorkspaceAccess, group string) v1alpha1.GrantOrigin {
		return v1alpha1.GrantOrigin{Source: source, Access: access, Group: group}
	}
	everything := support.Member("luis@acme.example", asView).Group("night", asAdmin).Group("helpdesk", asEdit).Group("day", asAdmin)

	DescribeTable("are all listed, the strongest first", func(o *v1alpha1.Organization, own v1alpha1.WorkspaceAccess,
		w builders.WorkspaceBuilder, expected ...v1alpha1.GrantOrigin,
	) {
		u := luis.Existing().Groups("helpdesk", "night")
		if own != "" {
			u = u.Workspace("support", own)
		}
		in := effective.UserInForce(facts(u.Obj(), o, w.Obj()))
		Expect(in.Workspaces).To(HaveLen(1))
		Expect(in.Workspaces[0].Origins).To(HaveExactElements(expected))
		Expect(in.Workspaces[0].Access).To(Equal(expected[0].Access))
	},
		Entry("every source", acme("ana"), asEdit, everything,
			origin(v1alpha1.GrantedByGroup, asAdmin, "night"), origin(v1alpha1.GrantedByUser, asEdit, ""),
			origin(v1alpha1.GrantedByGroup, asEdit, "helpdesk"), origin(v1alpha1.GrantedByMember, asView, "")),
		Entry("an administrator's role before other sources", acme("luis"), asView, everything,
			origin(v1alpha1.GrantedByRole, asAdmin, ""), origin(v1alpha1.GrantedByGroup, asAdmin, "night"),
			origin(v1alpha1.GrantedByGroup, asEdit, "helpdesk"), origin(v1alpha1.GrantedByUser, asView, ""),
			origin(v1alpha1.GrantedByMember, asView, "")),
		Entry("the stronger access of an address that is listed twice", acme("ana"), v1alpha1.WorkspaceAccess(""),
			support.Member("luis@acme.example", asView).Member("LUIS@acme.example", asEdit),
			origin(v1alpha1.GrantedByMember, asEdit, "")),
	)
})

var _ = Describe("Access to a workspace", func() {
	user := luis.Existing().Groups("helpdesk", "night")

	DescribeTable("is the strongest of all sources", func(w builders.WorkspaceBuilder, own, expected v1alpha1.WorkspaceAccess) {
		u := user
		if own != "" {
			u = u.Workspace("support", own)
		}
		in := effective.UserInForce(facts(u.Obj(), acme("ana"), w.Obj()))
		if expected == "" {
			Expect(in.Workspaces).To(BeEmpty())
			return
		}
		Expect(in.Workspaces).To(ConsistOf(And(HaveField("Name", "support"), HaveField("Access", expected))))
	},
		Entry("ORG-14 none without a source", support, v1alpha1.WorkspaceAccess(""), v1alpha1.WorkspaceAccess("")),
		Entry("ORG-22 that of the user's own list", support, v1alpha1.WorkspaceView, v1alpha1.WorkspaceView),
		Entry("ORG-23 that of the workspace's members, by address", support.Member("luis@acme.example", v1alpha1.WorkspaceEdit),
			v1alpha1.WorkspaceAccess(""), v1alpha1.WorkspaceEdit),
		Entry("that of the address in upper or lower case", support.Member("Luis@Acme.example", v1alpha1.WorkspaceEdit),
			v1alpha1.WorkspaceAccess(""), v1alpha1.WorkspaceEdit),
		Entry("not that of another user's address", support.Member("eva@acme.example", v1alpha1.WorkspaceEdit),
			v1alpha1.WorkspaceAccess(""), v1alpha1.WorkspaceAccess("")),
		Entry("LMI-9 that of the workspace's members, by group", support.Group("helpdesk", v1alpha1.WorkspaceEdit),
			v1alpha1.WorkspaceAccess(""), v1alpha1.WorkspaceEdit),
		Entry("not that of another group", support.Group("day", v1alpha1.WorkspaceEdit),
			v1alpha1.WorkspaceAccess(""), v1alpha1.WorkspaceAccess("")),
		Entry("the user's own over member and group",
			support.Member("luis@acme.example", v1alpha1.WorkspaceView).Group("night", v1alpha1.WorkspaceEdit),
			v1alpha1.WorkspaceAdmin, v1alpha1.WorkspaceAdmin),
		Entry("member over the user's own and group",
			support.Group("night", v1alpha1.WorkspaceView).Member("luis@acme.example", v1alpha1.WorkspaceAdmin),
			v1alpha1.WorkspaceEdit, v1alpha1.WorkspaceAdmin),
		Entry("one group over another",
			support.Group("night", v1alpha1.WorkspaceEdit).Group("helpdesk", v1alpha1.WorkspaceView),
			v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit),
	)

	It("is sorted by name, and lists of members have no limit (ORG-23)", func() {
		u := user.Workspace("support", v1alpha1.WorkspaceEdit)
		crowd := sales.With(func(w *v1alpha1.Workspace) {
			for n := range 200 {
				w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{
					Email: v1alpha1.MemberAddress(fmt.Sprintf("p%d@acme.example", n)), Access: v1alpha1.WorkspaceView,
				})
			}
		}).Member("luis@acme.example", v1alpha1.WorkspaceEdit)
		in := effective.UserInForce(facts(u.Obj(), acme("ana"), support.Obj(), crowd.Obj()))
		Expect(in.Workspaces).To(Equal([]v1alpha1.WorkspaceGrantStatus{
			grantedBy("sales", v1alpha1.WorkspaceEdit, v1alpha1.GrantedByMember),
			grantedBy("support", v1alpha1.WorkspaceEdit, v1alpha1.GrantedByUser),
		}))
	})
})
