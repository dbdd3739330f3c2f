// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The bindings of a user", func() {
	luis := builders.OrgUser("acme", "luis").Obj()
	workspaces := []*v1alpha1.Workspace{builders.Owned("support"), builders.Owned("sales")}
	paying := builders.Organization("acme").With(func(o *v1alpha1.Organization) {
		o.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
	}).Obj()

	It("ORG-6 contain none to payment details when the organization names none", func() {
		in := effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleBillingAdmin}
		Expect(ForUser(effective.UserFacts{User: luis, Organization: builders.Organization("acme").Obj()}, in)).To(
			HaveExactElements(Binding{Namespace: "acme", ClusterRole: "usher-billing-admin"}))
	})

	DescribeTable("are", func(in effective.InForce, expected ...Binding) {
		Expect(ForUser(effective.UserFacts{User: luis, Organization: paying, Workspaces: workspaces}, in)).To(HaveExactElements(expected))
	},
		Entry("ORG-14 the role's in the organization's namespace, and one for each granted workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleMember,
				Workspaces: []v1alpha1.WorkspaceGrantStatus{builders.Granted("support", v1alpha1.WorkspaceEdit)},
			},
			Binding{Namespace: "acme", ClusterRole: "usher-member"},
			Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support"}),
		Entry("GTA-10 one more for each module in each granted workspace",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleTechnician,
				Workspaces: []v1alpha1.WorkspaceGrantStatus{
					builders.Granted("sales", v1alpha1.WorkspaceView), builders.Granted("support", v1alpha1.WorkspaceEdit),
				},
				ModuleRoles: []effective.ModuleRole{{Module: "desk", ClusterRole: "tickets"}, {Module: "fax", ClusterRole: "edit"}},
			},
			Binding{Namespace: "acme", ClusterRole: "usher-technician"},
			Binding{Namespace: "acme-sales", ClusterRole: "view", Workspace: "sales"},
			Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support"},
			Binding{Namespace: "acme-sales", ClusterRole: "tickets", Workspace: "sales", Module: "desk"},
			Binding{Namespace: "acme-sales", ClusterRole: "edit", Workspace: "sales", Module: "fax"},
			Binding{Namespace: "acme-support", ClusterRole: "tickets", Workspace: "support", Module: "desk"},
			Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support", Module: "fax"}),
		Entry("ORG-2 one in every workspace, for an administrator",
			effective.InForce{
				State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin,
				Workspaces: []v1alpha1.WorkspaceGrantStatus{
					builders.Granted("sales", v1alpha1.WorkspaceAdmin), builders.Granted("support", v1alpha1.WorkspaceAdmin),
				},
			},
			Binding{Namespace: "acme", ClusterRole: "usher-organization-admin"},
			Binding{Namespace: "acme", role: "usher-payment"},
			Binding{Namespace: "acme-sales", ClusterRole: "admin", Workspace: "sales"},
			Binding{Namespace: "acme-support", ClusterRole: "admin", Workspace: "support"}),
		Entry("ORG-6 one to payment details, for a user who manages billing",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleBillingAdmin},
			Binding{Namespace: "acme", ClusterRole: "usher-billing-admin"},
			Binding{Namespace: "acme", role: "usher-payment"}),
		Entry("ORG-8 none to payment details, for a user who does not manage billing",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleUserAdmin},
			Binding{Namespace: "acme", ClusterRole: "usher-user-admin"}),
		Entry("NOV-7 none, for a user who only receives notifications",
			effective.InForce{State: v1alpha1.UserActive, Role: v1alpha1.RoleNotificationsOnly}),
		Entry("NOV-12 none, for a user who has not accepted", effective.InForce{State: v1alpha1.UserPending}),
		Entry("NOV-13 none, for a suspended user", effective.InForce{State: v1alpha1.UserSuspended, Accepted: true}),
		Entry("ORG-26 none, for a user who is being removed", effective.InForce{State: v1alpha1.UserRemoving, Accepted: true}),
		Entry("none, for a user who waits for the ledger", effective.InForce{State: v1alpha1.UserActive, AwaitingLedger: true}),
	)
})
