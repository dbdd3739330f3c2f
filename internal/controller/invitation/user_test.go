// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The pending user of an invited person", func() {
	It("ORG-22 NOV-4 has what the Invitation grants, and its label", func() {
		i := builders.Invitation("acme", "team", "luis@acme.example").Role(v1alpha1.RoleTechnician).
			Workspace("support", v1alpha1.WorkspaceEdit).Groups("helpdesk").Modules("remote-support").Obj()
		u := pendingUser(i, "luis@acme.example", "Luis Gil")
		Expect(u.Namespace).To(Equal("acme"))
		Expect(u.Name).To(HavePrefix("luis-"))
		Expect(u.Labels).To(Equal(map[string]string{
			"app.kubernetes.io/managed-by": "usher", "accounts.usher.dev/invitation": "team",
		}))
		Expect(u.Spec).To(Equal(v1alpha1.OrgUserSpec{
			Email: "luis@acme.example", DisplayName: "Luis Gil", Role: v1alpha1.RoleTechnician, Onboarding: v1alpha1.OnboardingInvite,
			Workspaces: []v1alpha1.WorkspaceGrant{builders.Grant("support", v1alpha1.WorkspaceEdit)},
			Groups:     []v1alpha1.ObjectName{"helpdesk"}, Modules: []v1alpha1.ObjectName{"remote-support"},
		}))
	})

	It("ORG-28 NOV-4 has another name when somebody else's user has the one that follows from the address", func(ctx context.Context) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Workspace("support", v1alpha1.WorkspaceEdit).Obj())
		names := slices.Collect(emailaddr.ObjectNames(luis))
		other := builders.OrgUser("acme", names[0]).Email(eva).Existing().Obj()
		Expect(s.Create(ctx, other)).To(Succeed())
		s.succeed(ctx)
		s.succeed(ctx)
		Expect(s.users(ctx)).To(ConsistOf(luis, eva))
		Expect(s.recipient(ctx, luis)).To(And(HaveField("User", names[1]), HaveField("HeldBy", BeEmpty())))
		var after v1alpha1.OrgUser
		Expect(s.Get(ctx, client.ObjectKeyFromObject(other), &after)).To(Succeed())
		Expect(after.Spec).To(Equal(other.Spec))
		Expect(after.Labels).To(BeEmpty())
	})
})
