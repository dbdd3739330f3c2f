// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = DescribeTable("NOV-4 An inviter who is not in force at the first pass has no authority",
	func(ctx context.Context, inviter string, kind v1alpha1.InviterKind) {
		i := builders.Invitation("acme", "team", luis).InvitedBy(inviter).Obj()
		if kind != "" {
			i.Annotations = map[string]string{v1alpha1.AnnotationInviterKind: string(kind)}
		}
		s := serveAsIs(ctx, i)
		s.succeed(ctx)
		i = s.invitation(ctx)
		Expect(i.Status.InviterKind).To(Equal(kind))
		Expect(i.Status.Recipients).To(ConsistOf(HaveField("State", v1alpha1.RecipientPending)))
		Expect(i).To(matchers.Stand(v1alpha1.ConditionStalled, v1alpha1.ReasonInviterUnauthorized))
	},
	Entry("if the person was suspended since the admission", "bea@acme.example", v1alpha1.InviterPerson),
	Entry("if the delegate was removed since the admission", "system:serviceaccount:argocd:acme", v1alpha1.InviterDelegate),
	Entry("if the Invitation was created past the webhooks", "bea@acme.example", v1alpha1.InviterKind("")),
	Entry("if it was created past the webhooks by nobody", "", v1alpha1.InviterKind("")),
)

var _ = It("NOV-4 An Invitation is reconciled when its inviter gets another user name", func(ctx context.Context) {
	s := serve(ctx, builders.Invitation("acme", "team", luis).InvitedBy("corp:bea").Obj())
	bea := builders.OrgUser("acme", "bea").Username("corp:bea").Obj()
	bea.Status.Username = "corp:bea"
	renamed := bea.DeepCopy()
	renamed.Status.Username = "corp:lopez"
	keys, err := s.r.invitationsForUser(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: bea, After: renamed})
	Expect(err).NotTo(HaveOccurred())
	Expect(keys).To(ContainElement(types.NamespacedName{Namespace: "acme", Name: "team"}))
})
