// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The members of a workspace", func() {
	DescribeTable("are each named by either an address or a group", func(m v1alpha1.WorkspaceMember, field, message string) {
		w := builders.Workspace("acme", "support").Group("helpdesk", v1alpha1.WorkspaceView).
			With(func(w *v1alpha1.Workspace) { w.Spec.Members = append(w.Spec.Members, m) })
		if message == "" {
			Expect(authz.CheckContent(w.Obj())).To(BeEmpty())
			return
		}
		Expect(authz.CheckContent(w.Obj())).To(HaveExactElements(And(
			HaveField("Field", "spec.members[1]"+field), HaveField("Reason", authz.Invalid), HaveField("Message", message))))
	},
		Entry(nil, v1alpha1.WorkspaceMember{Email: "sam@acme.example"}, "", ""),
		Entry("an address with an internationalized domain", v1alpha1.WorkspaceMember{Email: "sam@españa.example"}, "", ""),
		Entry("both an address and a group", v1alpha1.WorkspaceMember{Email: "sam@acme.example", Group: "night"}, "", "exactly one of email and group must be set"),
		Entry("neither an address nor a group", v1alpha1.WorkspaceMember{}, "", "exactly one of email and group must be set"),
		Entry("a word that is not an address", v1alpha1.WorkspaceMember{Email: "sam"}, ".email",
			"must be a bare email address such as ana@acme.example"),
		Entry("an address with a display name", v1alpha1.WorkspaceMember{Email: "Sam <sam@acme.example>"}, ".email",
			"must be a bare email address such as ana@acme.example"),
		Entry("two addresses", v1alpha1.WorkspaceMember{Email: "sam@acme.example,eva@acme.example"}, ".email",
			"must be one email address, such as ana@acme.example, with one @"),
		Entry("a domain without a dot", v1alpha1.WorkspaceMember{Email: "sam@acme"}, ".email",
			"must be an email address such as ana@acme.example: the @ must be followed by a domain of at least two labels"),
		Entry("a domain that is not valid in DNS", v1alpha1.WorkspaceMember{Email: "sam@xn--a.example"}, ".email",
			"is not an email address such as ana@acme.example: its domain is not valid in DNS"),
	)

	DescribeTable("ORG-23 are each listed once, whatever the access", func(again v1alpha1.WorkspaceMember, value string) {
		w := builders.Workspace("acme", "support").Group("helpdesk", v1alpha1.WorkspaceView).Member("sam@acme.example", v1alpha1.WorkspaceView).
			With(func(w *v1alpha1.Workspace) { w.Spec.Members = append(w.Spec.Members, again) })
		place := "0"
		if again.Email != "" {
			place = "1"
		}
		Expect(authz.CheckContent(w.Obj())).To(HaveExactElements(And(
			HaveField("Field", "spec.members[2]"), HaveField("Rule", "member-listed-once"), HaveField("Value", value),
			HaveField("Message", "is already listed as spec.members["+place+"]: keep the entry with the access that is meant, and remove the other"))))
	},
		Entry("a group", v1alpha1.WorkspaceMember{Group: "helpdesk", Access: v1alpha1.WorkspaceView}, "helpdesk"),
		Entry("a group with another access", v1alpha1.WorkspaceMember{Group: "helpdesk", Access: v1alpha1.WorkspaceAdmin}, "helpdesk"),
		Entry("an address", v1alpha1.WorkspaceMember{Email: "sam@acme.example", Access: v1alpha1.WorkspaceView}, "sam@acme.example"),
		Entry("an address in another spelling", v1alpha1.WorkspaceMember{Email: "Sam@ACME.example", Access: v1alpha1.WorkspaceEdit}, "Sam@ACME.example"),
	)

	It("may be a group and an address of the same name", func() {
		Expect(authz.CheckContent(builders.Workspace("acme", "support").Group("sam", v1alpha1.WorkspaceView).
			Member("sam@acme.example", v1alpha1.WorkspaceView).Obj())).To(BeEmpty())
	})

	It("are refused with at most ten faults at once", func() {
		w := builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
			w.Spec.Members = make([]v1alpha1.WorkspaceMember, 5000)
		})
		Expect(authz.CheckContent(w.Obj())).To(HaveLen(10))
	})
})
