// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Orphaned bindings", func() {
	It("are deleted in another pass soon, when one has changed meanwhile", func(ctx context.Context) {
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		luis := UserHolder(builders.OrgUser("acme", "luis").Obj(), "luis@acme.example")
		orphan := Binding{Namespace: "acme", ClusterRole: "usher-member"}.Build(luis)
		conflict := apierrors.NewConflict(rbacv1.Resource("rolebindings"), orphan.Name, nil)
		c := fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(interceptor.Funcs{
			Delete: func(context.Context, client.WithWatch, client.Object, ...client.DeleteOption) error { return conflict },
		}).Build()
		var r reconcile.ObjectReconciler[*v1alpha1.OrgUser] // there is none to be reconciled
		orphans := func(context.Context, types.NamespacedName) ([]*rbacv1.RoleBinding, error) {
			return []*rbacv1.RoleBinding{orphan}, nil
		}
		pass := AsReconciler(c, NewWriter(c, lookup.NewAPIReader(c)), r, orphans)
		request := ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "acme", Name: "luis"}}
		Expect(pass.Reconcile(ctx, request)).To(Equal(ctrl.Result{RequeueAfter: requeue.Soon}))
	})
})
