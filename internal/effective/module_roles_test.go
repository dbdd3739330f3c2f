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

var _ = Describe("GTA-10 What a module grants in the workspaces in force", func() {
	bought := builders.Organization("acme").ModuleWithRole("desk", 5, "tickets").ModuleWithRole("fax", 5, "faxes").Module("plain", 5)
	holding := func(names ...string) *v1alpha1.Organization {
		o := bought.Obj()
		for _, m := range o.Spec.Subscription.Modules {
			o.Status.Modules = append(o.Status.Modules, v1alpha1.ModuleStatus{Name: string(m.Name), Holders: names})
		}
		return o
	}
	tickets := effective.ModuleRole{Module: "desk", ClusterRole: "tickets"}

	DescribeTable("is", func(user builders.OrgUserBuilder, o *v1alpha1.Organization, states effective.ClusterRoleStates,
		expected ...effective.ModuleRole,
	) {
		f := facts(user.Existing().Obj(), o, support.Obj())
		f.ClusterRoles = states
		Expect(effective.UserInForce(f).ModuleRoles).To(HaveExactElements(expected))
	},
		Entry("the module's ClusterRole", luis.Workspace("support", asView).Modules("desk", "plain"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable, "faxes": effective.Grantable}, tickets),
		Entry("no ClusterRole that is not grantable", luis.Workspace("support", asView).Modules("desk", "fax"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable, "faxes": effective.NotGrantable}, tickets),
		Entry("no ClusterRole that does not exist", luis.Workspace("support", asView).Modules("fax"), holding("luis"), nil),
		Entry("nothing without a seat", luis.Workspace("support", asView).Modules("desk"), holding("eva"),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("nothing without a workspace", luis.Modules("desk"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("LMI-11 nothing for a Member without modules", luis.Workspace("support", asView), holding(),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("LMI-2 nothing for a Limited account", luis.Limited().Workspace("support", asView).Modules("desk"), holding("luis"),
			effective.ClusterRoleStates{"tickets": effective.Grantable}),
		Entry("NOV-7 nothing for users who only receive notifications", luis.Role(notifications).Workspace("support", asView).Modules("desk"),
			holding("luis"), effective.ClusterRoleStates{"tickets": effective.Grantable}),
	)
})
