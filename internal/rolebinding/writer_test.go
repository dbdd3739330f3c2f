// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A Writer", func() {
	It("GTA-10 waits for the right to bind a module's ClusterRole, and for no other right", func(ctx context.Context) {
		forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "rolebindings"}, "x", errors.New("not held"))
		attempts := 0
		w := NewWriter(interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
			Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
				if attempts++; attempts < 3 {
					return forbidden
				}
				return nil
			},
		}), lookup.APIReader{})
		h := UserHolder(builders.OrgUser("acme", "luis").Obj(), "luis")
		module := Binding{Namespace: "acme-sales", ClusterRole: "tickets", Workspace: "sales", Module: "desk"}.Build(h)
		Expect(w.Apply(ctx, Plan{Apply: []*rbacv1.RoleBinding{module}})).To(Succeed())
		Expect(attempts).To(Equal(3))
		attempts = 0
		plain := Binding{Namespace: "acme-sales", ClusterRole: "edit", Workspace: "sales"}.Build(h)
		Expect(w.Apply(ctx, Plan{Apply: []*rbacv1.RoleBinding{plain}})).To(MatchError(ContainSubstring("forbidden")))
		Expect(attempts).To(Equal(1))
	})
})
