// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A change of an organization", func() {
	It("ORG-6 concerns those who manage billing when payment details are added or removed", func(ctx context.Context) {
		bill := builders.OrgUser("acme", "bill").Role(v1alpha1.RoleBillingAdmin).Obj()
		acme := acmeWithSeats()
		users := mapping(ctx, append(acmePeople(), bill)...)
		paying, other := acme.DeepCopy(), acme.DeepCopy()
		paying.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
		other.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "bank"}
		Expect(names(users.usersForOrganization(ctx, changeOf(acme, paying)))).To(ConsistOf("bill"))
		Expect(names(users.usersForOrganization(ctx, changeOf(paying, acme)))).To(ConsistOf("bill"))
		Expect(names(users.usersForOrganization(ctx, changeOf(paying, other)))).To(BeEmpty())
	})

	It("GTA-11 concerns those who wait for a module whose seats change or that is removed", func(ctx context.Context) {
		acme := acmeWithSeats()
		module := acme.Spec.Subscription.Modules[0].Name
		waits := builders.OrgUser("acme", "waits").Modules(string(module)).Obj()
		users := mapping(ctx, append(acmePeople(), waits)...)
		more, none := acme.DeepCopy(), acme.DeepCopy()
		*more.Spec.Subscription.Modules[0].Seats++
		none.Spec.Subscription.Modules = none.Spec.Subscription.Modules[1:]
		Expect(names(users.usersForOrganization(ctx, changeOf(acme, more)))).To(ContainElement("waits"))
		Expect(names(users.usersForOrganization(ctx, changeOf(acme, none)))).To(ContainElement("waits"))
		Expect(names(users.usersForOrganization(ctx, changeOf(acme, acme)))).To(BeEmpty())
	})

	It("GTA-10 GTA-5 concerns those who have a module whose ClusterRole changes, and everybody when a workspace is required", func(ctx context.Context) {
		acme := acmeWithSeats()
		users := mapping(ctx, acmePeople()...)
		after := acme.DeepCopy()
		after.Spec.Subscription.Modules[1].ClusterRoleName = "view"
		Expect(names(users.usersForOrganization(ctx, changeOf(acme, after)))).To(ConsistOf("eva"))
		after = acme.DeepCopy()
		after.Spec.Profile.DisplayName = "Acme S.A."
		Expect(names(users.usersForOrganization(ctx, changeOf(acme, after)))).To(BeEmpty())
		after.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentRequired
		Expect(names(users.usersForOrganization(ctx, changeOf(acme, after)))).To(HaveLen(len(acmePeople()) - 1))
	})
})
