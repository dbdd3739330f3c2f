// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("DIR-2 an organization's directory", func() {
	It("has its own rights in its namespace, and the portal those to open it", func() {
		var built []*rbacv1.RoleBinding
		for _, g := range rolebinding.ForDirectory(builders.Organization("acme").Obj(), "system:serviceaccount:usher-system:usher-portal") {
			for _, b := range g.Bindings {
				built = append(built, b.Build(g.Holder))
			}
		}
		Expect(built).To(HaveLen(2))
		for n, want := range []struct {
			role    string
			subject rbacv1.Subject
		}{
			{"usher-directory", rbacv1.Subject{Kind: "ServiceAccount", Namespace: "acme", Name: "usher-directory"}},
			{"usher-directory-door", rbacv1.Subject{Kind: "ServiceAccount", Namespace: "usher-system", Name: "usher-portal"}},
		} {
			Expect(built[n].Namespace).To(Equal("acme"))
			Expect(built[n].Name).To(HavePrefix("usher-"))
			Expect(built[n].RoleRef).To(Equal(rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: want.role}))
			Expect(built[n].Subjects).To(ConsistOf(want.subject))
			Expect(built[n].Labels).To(HaveKeyWithValue(v1alpha1.LabelOrganization, "acme"))
		}
		Expect(built[0].Name).NotTo(Equal(built[1].Name))
	})
})
