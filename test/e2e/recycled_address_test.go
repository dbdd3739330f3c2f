// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("An address that passes from one person to another", func() {
	It("ORG-26 is named in warnings while workspaces list it: when the user is deleted, and when the next is declared or invited", func(ctx context.Context) {
		org := organization(ctx)
		email := "sam@" + org + ".example"
		sam := builders.OrgUser(org, "sam").Existing().Obj()
		w := builders.Workspace(org, "support").Member(email, v1alpha1.WorkspaceEdit).Contact("Guardia", email).Obj()
		create(ctx, sam, w)
		awaitReady(ctx, sam)
		Eventually(get(ctx, w)).Should(HaveField("Status.Contacts", ConsistOf(HaveField("Assignee", email))))

		_, warnings, err := env.Kubectl(ctx, "delete", "ou", "-n", org, "sam")
		Expect(err).NotTo(HaveOccurred(), warnings)
		Expect(warnings).To(And(
			ContainSubstring("Warning: spec.members of workspaces still names "+email+": support. The next user with this address gets that "+
				"access; remove it there unless the person returns"),
			ContainSubstring("Warning: contacts are assigned to "+email+": Guardia in workspace support. They become unassigned")))
		Eventually(gone(ctx, sam)).Should(Succeed())

		const already = "support. The new user gets this access; if it was meant for somebody who had the address before, remove it there"
		i := builders.Invitation(org, "team", email).Obj()
		i.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Invitation"}
		next := builders.OrgUser(org, "samuel").Email(email).Existing().Obj()
		next.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "OrgUser"}
		for _, person := range []struct {
			field    string
			warnings string
		}{{"spec.email", dryRun(ctx, next)}, {"spec.emails", dryRun(ctx, i)}} {
			Expect(person.warnings).To(ContainSubstring("Warning: " + person.field + ": spec.members of workspaces names " + email +
				" already: " + already))
		}
	})
})
