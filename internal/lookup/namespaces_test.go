// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("GTA-3 The owner of a namespace", func() {
	labs, deep := builders.Organization("acme-labs").Obj(), builders.Organization("acme-labs-deep").Obj()
	wanting := func(organization, namespace string) *v1alpha1.Workspace {
		return builders.Workspace(organization, "w-"+namespace).Namespace(namespace).Obj()
	}

	DescribeTable("is the organization with the longest name that the namespace begins with",
		func(ctx context.Context, organization, namespace, neighbour string) {
			reader := holding(acme("ana"), labs, deep)
			Expect(reader.NamespaceFacts(ctx, "usher-system", wanting(organization, namespace))).To(Equal(
				authz.NamespaceFacts{Operator: "usher-system", OtherOwner: neighbour}))
		},
		Entry("the workspace's own organization", "acme", "acme-support", ""),
		Entry("another organization", "acme", "acme-labs-x", "acme-labs"),
		Entry("another organization whose own namespace it is", "acme", "acme-labs", "acme-labs"),
		Entry("the one of two others with the longer name", "acme", "acme-labs-deep-x", "acme-labs-deep"),
		Entry("another organization whose name begins like the workspace's own", "acme-labs", "acme-labs-deep-x", "acme-labs-deep"),
		Entry("not one whose name is not followed by a hyphen", "acme", "acme-labsx", ""),
		Entry("not one with a shorter name", "acme-labs", "acme-labs-x", ""),
	)

	It("may change for these workspaces when an organization is deleted", func(ctx context.Context) {
		reader := holding(acme("ana"), labs, wanting("acme", "acme-labs-x"), wanting("acme", "acme-labs"),
			wanting("acme", "acme-support"), wanting("acme-labs", "acme-labs-y"))
		waiting, err := reader.WorkspacesWaitingFor(ctx, "acme-labs")
		Expect(err).NotTo(HaveOccurred())
		Expect(waiting).To(ConsistOf(HaveField("Name", "w-acme-labs-x"), HaveField("Name", "w-acme-labs")))
		Expect(reader.WorkspacesWaitingFor(ctx, "acme")).To(BeEmpty())
	})
})

var _ = Describe("The workspaces of grants", func() {
	It("are those that exist", func(ctx context.Context) {
		reader := holding(acme("ana"), builders.Workspace("acme", "support").Obj(), builders.Workspace("other", "sales").Obj())
		Expect(reader.WorkspacesForGrants(ctx, "acme", []v1alpha1.WorkspaceGrant{{Name: "support"}, {Name: "sales"}, {Name: "nowhere"}})).To(
			HaveExactElements(HaveValue(HaveField("Name", "support"))))
		Expect(reader.WorkspacesForGrants(ctx, "acme", nil)).To(BeEmpty())
	})
})
