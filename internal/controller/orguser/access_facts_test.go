// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/accesschange"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The lines of a mail about changed access", func() {
	const admin, member = v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleMember
	many := func(n int) []accesschange.Workspace {
		var all []accesschange.Workspace
		for k := range n {
			all = append(all, accesschange.Workspace{Name: fmt.Sprintf("w-%d", k), Access: v1alpha1.WorkspaceView})
		}
		return all
	}
	text := func(s accesschange.Summary) string {
		GinkgoHelper()
		support := builders.Workspace("acme", "w-0").With(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "Support" }).Obj()
		r, err := mail.Render(mail.Content{
			Kind: mail.AccessChange, Language: "en", Organization: "Acme", Facts: accessFacts(&s, []*v1alpha1.Workspace{support}),
		})
		Expect(err).NotTo(HaveOccurred())
		return r.Text
	}

	It("name a workspace by its title and namespace, or by its name once it is gone", func() {
		Expect(text(accesschange.Summary{Added: many(1), Removed: []accesschange.Workspace{{Name: "gone", Former: v1alpha1.WorkspaceEdit}}})).To(
			ContainSubstring("\n\nNew workspace: Support (acme-w-0): you can view\nAccess removed: gone\n\n"))
	})

	It("OPS-9 are few, however much has changed", func() {
		s := accesschange.Summary{Added: many(500), Changed: nil, Removed: many(21)}
		Expect(listed(&s)).To(HaveLen(40))
		Expect(text(s)).To(And(ContainSubstring("w-19: you can view\nNew workspace: 480 more\n"), ContainSubstring("Access removed: 1 more\n"),
			Not(ContainSubstring("w-20"))))
	})

	It("ORG-3 say what an administrator's role gives, and what is left without it", func() {
		Expect(text(accesschange.Summary{Role: admin, FormerRole: member, AllWorkspaces: true})).To(ContainSubstring(
			"Role: Organization administrator\nFormer role: Member\nWorkspaces: all of them: you can administer them\n"))
		left := accesschange.Summary{Role: member, FormerRole: admin, ListsPresent: true}
		Expect(text(left)).To(ContainSubstring("Former role: Organization administrator\nWorkspaces: none\n"))
		left.Present = many(1)
		Expect(text(left)).To(ContainSubstring("Workspaces: Support (acme-w-0): you can view\n"))
	})
})
