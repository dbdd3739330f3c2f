// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The recipients of an Invitation", func() {
	technicians := func(i *v1alpha1.Invitation) { i.Spec.Role = v1alpha1.RoleTechnician }

	It("ORG-20 are invited, all whom the spec names", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		Expect(s.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: 7 * 24 * time.Hour}))
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 1))
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 1))
		Expect(s.users(ctx)).To(ConsistOf(luis, eva))
		Expect(s.invitation(ctx).Status.ObservedGeneration).To(BeEquivalentTo(1))
	})

	It("are invited when the user of another cannot be created, which the conditions say", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva, sam).Obj())
		s.refuseFor("create", eva, errRefused)
		s.fail(ctx)
		i := s.invitation(ctx)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReconciling, v1alpha1.ReasonFailed))
		Expect(i.Status.Conditions[0].Message).To(Equal("0 of 3 have accepted; Pending: eva@acme.example; Invited: " +
			"luis@acme.example, sam@acme.example; failed for eva@acme.example (no more users): Usher retries"))
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 1))
		Expect(s.recipient(ctx, sam)).To(inState(v1alpha1.RecipientInvited, 1))
		Expect(s.recipient(ctx, eva)).To(And(inState(v1alpha1.RecipientPending, 0), HaveField("User", BeEmpty())))

		s.accept()
		s.succeed(ctx)
		Expect(s.invitation(ctx)).To(matchers.Stand(v1alpha1.ConditionReconciling, v1alpha1.ReasonAwaitingMail))
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 1), "invited once")
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 1))
	})

	It("stay as they were while their user cannot be updated", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Workspace("support", v1alpha1.WorkspaceView).Obj())
		s.edit(ctx, func(i *v1alpha1.Invitation) { i.CreationTimestamp.Time = s.now })
		s.r.settleDelay = time.Hour
		Expect(s.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: time.Hour}), "the workspace may still arrive")
		Expect(s.users(ctx)).To(ConsistOf(luis, eva))

		s.now = s.now.Add(time.Hour)
		s.edit(ctx, technicians)
		s.refuseFor("patch", eva, errRefused)
		s.fail(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 1))
		Expect(s.recipient(ctx, eva)).To(And(inState(v1alpha1.RecipientPending, 0), HaveField("Mail", BeNil())))

		s.accept()
		s.succeed(ctx)
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 1))
	})

	It("get another pass soon after a conflict, which is no failure", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		s.edit(ctx, technicians)
		s.refuseFor("patch", eva, apierrors.NewConflict(v1alpha1.Resource("orgusers"), "eva", nil))
		Expect(s.pass(ctx)).To(Equal(ctrl.Result{RequeueAfter: time.Second}))
		Expect(s.invitation(ctx)).To(matchers.Stand(v1alpha1.ConditionReconciling, v1alpha1.ReasonAwaitingMail))
	})

	It("are revoked when the spec no longer names them, even if their user cannot be deleted yet", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		s.edit(ctx, func(i *v1alpha1.Invitation) { i.Spec.Emails = []string{luis} })
		s.refuseFor("delete", eva, errRefused)
		s.fail(ctx)
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientRevoked, 1))
		Expect(s.invitation(ctx).Status.Conditions[0].Message).To(ContainSubstring("failed for eva@acme.example (no more users)"))

		s.accept()
		s.succeed(ctx)
		Expect(s.users(ctx)).To(ConsistOf(luis))
		Expect(s.invitation(ctx).Status.Conditions[0].Reason).To(Equal(v1alpha1.ReasonAwaitingMail))
	})
})
