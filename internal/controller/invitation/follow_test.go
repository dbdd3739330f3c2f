// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A field of a pending user", func() {
	ownedBy := func(manager, subresource, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{
			Manager: manager, Subresource: subresource, FieldsV1: metav1.NewFieldsV1(fields),
		}
	}

	DescribeTable("was last written by somebody else", func(expected bool, entries ...metav1.ManagedFieldsEntry) {
		u := builders.OrgUser("acme", "luis").Obj()
		u.ManagedFields = entries
		Expect(changedByOthers(u, "role")).To(Equal(expected))
	},
		Entry("not when nobody owns it", false),
		Entry("not when Usher wrote it", false, ownedBy("usher", "", `{"f:spec":{"f:role":{}}}`)),
		Entry("not when they changed another field", false, ownedBy("kubectl-edit", "", `{"f:spec":{"f:workspaces":{}}}`)),
		Entry("when they changed it", true, ownedBy("usher", "", `{"f:spec":{"f:email":{}}}`), ownedBy("kubectl-edit", "", `{"f:spec":{"f:role":{}}}`)),
		Entry("not when they wrote the status", false, ownedBy("manager", "status", `{"f:spec":{"f:role":{}}}`)),
		Entry("not when the entry is malformed", false, ownedBy("kubectl-edit", "", `{`)),
	)

	It("follows the Invitation when it differs", func() {
		has := builders.OrgUser("acme", "luis").Workspace("support", v1alpha1.WorkspaceView).Obj().Spec
		requested := builders.OrgUser("acme", "luis").Role(v1alpha1.RoleTechnician).Groups("helpdesk").Obj().Spec
		fields := differingFields(&has, &requested)
		Expect(fields).To(Equal([]string{"role", "workspaces", "groups"}))
		copyFields(&has, &requested, fields...)
		Expect(has).To(Equal(requested))
	})

	DescribeTable("is copied when it differs", func(field string, change func(*v1alpha1.OrgUserSpec)) {
		has := builders.OrgUser("acme", "luis").Obj().Spec
		requested := *has.DeepCopy()
		change(&requested)
		Expect(differingFields(&has, &requested)).To(Equal([]string{field}))
		copyFields(&has, &requested, field)
		Expect(has).To(Equal(requested))
	},
		Entry(nil, "displayName", func(s *v1alpha1.OrgUserSpec) { s.DisplayName = "Luis" }),
		Entry(nil, "role", func(s *v1alpha1.OrgUserSpec) { s.Role = v1alpha1.RoleTechnician }),
		Entry(nil, "workspaces", func(s *v1alpha1.OrgUserSpec) {
			s.Workspaces = []v1alpha1.WorkspaceGrant{builders.Grant("support", v1alpha1.WorkspaceView)}
		}),
		Entry(nil, "groups", func(s *v1alpha1.OrgUserSpec) { s.Groups = []v1alpha1.ObjectName{"helpdesk"} }),
		Entry(nil, "modules", func(s *v1alpha1.OrgUserSpec) { s.Modules = []v1alpha1.ObjectName{"remote-support"} }),
	)
})
