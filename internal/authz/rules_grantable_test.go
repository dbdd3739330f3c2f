// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("GTA-10 The ClusterRole of a module", func() {
	bought := builders.Organization("acme").ModuleWithRole("desk", 5, "tickets").ModuleWithRole("fax", 5, "faxes").Module("plain", 5)

	DescribeTable("is refused if it may not be bound", func(before, after builders.OrganizationBuilder, fields ...string) {
		r := authz.Request{
			Operation: authz.Update, Actor: authz.Actor{Kind: authz.ActorPlatform}, Organization: "acme",
			Old: before.Obj(), New: after.Obj(),
			Facts: authz.Facts{ClusterRoles: effective.ClusterRoleStates{"auditors": effective.NotGrantable, "tickets": effective.Grantable}},
		}
		var found []string
		for _, v := range authz.Judge(r) {
			Expect(v.Reason).To(Equal(authz.Invalid))
			Expect(v.Message).To(ContainSubstring("kubectl label clusterrole auditors accounts.usher.dev/grantable=true"))
			found = append(found, v.Field)
		}
		Expect(found).To(HaveExactElements(fields))
	},
		Entry("in a new module", bought, bought.ModuleWithRole("root", 1, "auditors"), "spec.subscription.modules[3].clusterRoleName"),
		Entry("in a changed module", bought.Module("root", 1), bought.ModuleWithRole("root", 1, "auditors"), "spec.subscription.modules[3].clusterRoleName"),
		Entry("but not where the organization names it already", bought.ModuleWithRole("root", 1, "auditors"), bought.ModuleWithRole("root", 2, "auditors")),
		Entry("but not if it may be bound or does not exist yet", builders.Organization("acme"), bought),
	)
})
