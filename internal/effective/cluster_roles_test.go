// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

var _ = Describe("ClusterRoles", func() {
	DescribeTable("are derived from the role in the organization's namespace", func(role v1alpha1.Role, name string) {
		Expect(effective.ClusterRoleForRole(role)).To(Equal(name))
	},
		Entry(nil, orgAdmin, "usher-organization-admin"),
		Entry(nil, billingAdmin, "usher-billing-admin"),
		Entry(nil, financeAdmin, "usher-finance-admin"),
		Entry(nil, userAdmin, "usher-user-admin"),
		Entry(nil, technician, "usher-technician"),
		Entry(nil, member, "usher-member"),
		Entry("NOV-7 none for users who only receive notifications", notifications, ""),
		Entry("none without a role", v1alpha1.Role(""), ""),
	)

	DescribeTable("are derived from the access in a workspace's namespace", func(access v1alpha1.WorkspaceAccess, name string) {
		Expect(effective.ClusterRoleForAccess(access)).To(Equal(name))
	},
		Entry(nil, v1alpha1.WorkspaceAdmin, "admin"),
		Entry(nil, v1alpha1.WorkspaceEdit, "edit"),
		Entry(nil, v1alpha1.WorkspaceView, "view"),
	)
})
