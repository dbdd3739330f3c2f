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

var _ = Describe("GTA-10 The ClusterRole of a module", func() {
	bought := builders.Organization("acme").ModuleWithRole("desk", 5, "tickets").ModuleWithRole("fax", 5, "faxes").Module("plain", 5)

	DescribeTable("may be bound", func(name string, labels map[string]string, state effective.ClusterRoleState) {
		Expect(effective.StateOfClusterRole(name, labels)).To(Equal(state))
	},
		Entry("if it has the platform team's label", "tickets", map[string]string{"accounts.usher.dev/grantable": "true"}, effective.Grantable),
		Entry("but not if the label has another value", "tickets", map[string]string{"accounts.usher.dev/grantable": "yes"}, effective.NotGrantable),
		Entry("but not without the label", "auditors", nil, effective.NotGrantable),
		Entry("but not if it belongs to the cluster, even with the label", "cluster-admin", map[string]string{v1alpha1.LabelGrantable: "true"}, effective.NotGrantable),
		Entry("but not if it belongs to Kubernetes, even with the label", "system:node", map[string]string{v1alpha1.LabelGrantable: "true"}, effective.NotGrantable),
		Entry(nil, "admin", nil, effective.Grantable),
		Entry(nil, "edit", nil, effective.Grantable),
		Entry(nil, "view", nil, effective.Grantable),
	)

	It("is reported if it cannot be bound, with who can help and how", func() {
		problems := effective.ModuleProblems(bought.ModuleWithRole("ok", 1, "edit").Obj(),
			effective.ClusterRoleStates{"faxes": effective.NotGrantable, "edit": effective.Grantable})
		Expect(problems).To(HaveExactElements(
			effective.ModuleProblem{Stuck: true, Message: `module "fax": Usher may not bind ClusterRole "faxes": ask the platform ` +
				"team to run `kubectl label clusterrole faxes accounts.usher.dev/grantable=true`"},
			effective.ModuleProblem{Message: `module "desk": there is no ClusterRole "tickets" yet`}))
	})
})
