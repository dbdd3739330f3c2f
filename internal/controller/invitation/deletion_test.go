// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The deletion of an Invitation", func() {
	It("deletes all pending users that can be deleted, and waits for the others", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva, sam).Obj())
		s.succeed(ctx)
		Expect(s.Delete(ctx, s.invitation(ctx))).To(Succeed())
		s.refuseFor("delete", eva, errRefused)
		s.fail(ctx)
		Expect(s.users(ctx)).To(ConsistOf(eva))
		Expect(s.invitation(ctx).Finalizers).To(ContainElement(v1alpha1.Finalizer))

		s.accept()
		s.succeed(ctx)
		Expect(s.users(ctx)).To(BeEmpty())
		err := s.Get(ctx, client.ObjectKey{Namespace: "acme", Name: "team"}, &v1alpha1.Invitation{})
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
	})

	It("waits while a user of a name was recreated, and for an acceptance that has not reached its user", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		i := s.invitation(ctx)
		i.Status.Recipients[0].State = v1alpha1.RecipientActive
		Expect(s.Status().Update(ctx, i)).To(Succeed())
		Expect(s.Delete(ctx, s.invitation(ctx))).To(Succeed())
		s.refuseFor("delete", eva, apierrors.NewConflict(v1alpha1.Resource("orgusers"), "eva", nil))
		s.succeed(ctx)
		Expect(s.users(ctx)).To(ConsistOf(luis, eva))
		s.accept()
		s.succeed(ctx)
		Expect(s.users(ctx)).To(ConsistOf(luis))
		Expect(s.invitation(ctx).Finalizers).To(ContainElement(v1alpha1.Finalizer))
	})
})
