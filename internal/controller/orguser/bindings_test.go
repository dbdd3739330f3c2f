// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Access that is to be revoked", func() {
	luis := builders.OrgUser("acme", "luis").Obj()
	role := rolebinding.Binding{Namespace: "acme", ClusterRole: "usher-technician"}
	support := rolebinding.Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support"}
	desk := rolebinding.Binding{Namespace: "acme-support", ClusterRole: "desk", Workspace: "support", Module: "desk"}
	had := v1alpha1.OrgUserStatus{
		State: v1alpha1.UserActive, Role: v1alpha1.RoleTechnician, Modules: []v1alpha1.ObjectName{"desk"},
		Workspaces: []v1alpha1.WorkspaceGrantStatus{builders.Granted("support", v1alpha1.WorkspaceEdit)},
	}
	all := effective.InForce{State: had.State, Role: had.Role, Modules: had.Modules, Workspaces: had.Workspaces}
	without := func(change func(*effective.InForce)) effective.InForce {
		in := all
		change(&in)
		return in
	}

	DescribeTable("is read past the cache when the cache", func(in effective.InForce, shown []rolebinding.Binding, unseen bool) {
		var bindings []*rbacv1.RoleBinding
		for _, b := range shown {
			bindings = append(bindings, b.Build(rolebinding.UserHolder(luis, "luis@acme.example")))
		}
		Expect(goesUnseen(&had, in, bindings)).To(Equal(unseen))
	},
		Entry("shows nothing, but nothing is revoked: no", all, nil, false),
		Entry("shows all of it: no", effective.InForce{State: v1alpha1.UserSuspended}, []rolebinding.Binding{role, support, desk}, false),
		Entry("lacks the role's RoleBinding", without(func(in *effective.InForce) { in.Role = v1alpha1.RoleMember }), []rolebinding.Binding{support, desk}, true),
		Entry("lacks the role's RoleBinding of a user who is suspended", without(func(in *effective.InForce) { in.State = v1alpha1.UserSuspended }),
			[]rolebinding.Binding{support, desk}, true),
		Entry("lacks the workspace's RoleBinding", without(func(in *effective.InForce) { in.Workspaces = nil }), []rolebinding.Binding{role}, true),
		Entry("lacks the module's RoleBinding", without(func(in *effective.InForce) { in.Modules = nil }), []rolebinding.Binding{role, support}, true),
		Entry("lacks only what stays: no", without(func(in *effective.InForce) { in.Modules = nil }), []rolebinding.Binding{desk}, false),
	)

	It("is not read past the cache when nothing was in force", func() {
		Expect(goesUnseen(&v1alpha1.OrgUserStatus{State: v1alpha1.UserPending}, effective.InForce{}, nil)).To(BeFalse())
	})
})
