// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A pass over a user who is being deleted", func() {
	// pass makes a pass over luis, whose status names an administrator's access, and returns the user; nil: the user is gone.
	pass := func(ctx context.Context, s *steps, ledger ...string) (*v1alpha1.OrgUser, error) {
		GinkgoHelper()
		u := builders.OrgUser("acme", "luis").Existing().Obj()
		u.DeletionTimestamp, u.Finalizers = ptr.To(metav1.Now()), []string{v1alpha1.Finalizer}
		u.Status = v1alpha1.OrgUserStatus{
			State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin, Username: string(u.Spec.Email),
			Workspaces: []v1alpha1.WorkspaceGrantStatus{builders.Granted("support", v1alpha1.WorkspaceAdmin)},
		}
		o := builders.Organization("acme").Obj()
		o.Status.Administrators = ledger
		support := builders.Owned("support")
		h := rolebinding.UserHolder(u, string(u.Spec.Email))
		c := fakeClient(ctx, s.funcs(), u, o, support,
			rolebinding.Binding{Namespace: "acme", ClusterRole: "usher-organization-admin"}.Build(h),
			rolebinding.Binding{Namespace: "acme-support", ClusterRole: "admin", Workspace: "support"}.Build(h))
		Expect(c.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		_, err := overFake(c).Reconcile(ctx, u)
		if read := c.Get(ctx, client.ObjectKeyFromObject(u), u); apierrors.IsNotFound(read) {
			return nil, err
		}
		return u, err
	}

	It("ORG-26 revokes the access, and only then lets the user go, whose status nobody reads any more", func(ctx context.Context) {
		var s steps
		u, err := pass(ctx, &s, "ana")
		Expect(err).NotTo(HaveOccurred())
		Expect(s.taken).To(ConsistOf("revoke usher-luis-usher-organization-admin", "revoke usher-luis-admin"))
		Expect(u).To(BeNil())
	})

	It("ORG-26 keeps the user, and what the status names, while access cannot be revoked", func(ctx context.Context) {
		s := steps{refusesRevocation: "acme-support"}
		u, err := pass(ctx, &s, "ana")
		Expect(err).To(MatchError(ContainSubstring("RoleBinding usher-luis-admin in namespace acme-support")))
		Expect(s.taken).To(HaveExactElements("revoke usher-luis-usher-organization-admin", "status False Failed"))
		Expect(u.Status).To(And(HaveField("State", v1alpha1.UserActive), HaveField("Workspaces", HaveLen(1))))
	})

	It("ORG-4 keeps an administrator and their access while the ledger names them", func(ctx context.Context) {
		var s steps
		u, err := pass(ctx, &s, "ana", "luis")
		Expect(err).NotTo(HaveOccurred())
		Expect(s.taken).To(HaveExactElements("status False AwaitingLedger"))
		Expect(u).To(matchers.Stand(v1alpha1.ConditionReconciling, "AwaitingLedger"))
	})
})

var _ = Describe("A user", func() {
	It("that Usher created for a primary administrator is superseded by one that somebody declares", func() {
		made := builders.OrgUser("acme", "ana").With(func(u *v1alpha1.OrgUser) {
			u.Labels = map[string]string{v1alpha1.LabelBootstrap: "true"}
		})
		Expect(isSuperseded(effective.UserFacts{User: made.Obj(), AddressOwner: "declared"})).To(BeTrue())
		Expect(isSuperseded(effective.UserFacts{User: made.Obj()})).To(BeFalse())
		Expect(isSuperseded(effective.UserFacts{User: builders.OrgUser("acme", "ana").Obj(), AddressOwner: "first"})).To(BeFalse())
	})
})
