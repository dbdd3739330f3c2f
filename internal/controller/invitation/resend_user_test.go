// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A request to invite again on the OrgUser that an Invitation created", func() {
	request := func(ctx context.Context, s *apiserver, email, value string) {
		GinkgoHelper()
		u := s.user(ctx, email)
		u.Annotations = map[string]string{v1alpha1.AnnotationResend: value}
		Expect(s.Update(ctx, u)).To(Succeed())
	}
	state := func(ctx context.Context, s *apiserver, email string, state v1alpha1.RecipientState) {
		GinkgoHelper()
		i := s.invitation(ctx)
		lookup.Recipient(i, email).State = state
		Expect(s.Status().Update(ctx, i)).To(Succeed())
	}

	It("WXP-7 invites that person again, once for each value, and nobody else", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		other := s.recipient(ctx, eva)
		for n, value := range []string{"1", "2", strings.Repeat("long ", 100), "luis@acme.example 3"} {
			request(ctx, s, luis, value)
			for range 2 {
				s.succeed(ctx)
				Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, n+2), value)
			}
			Expect(len(s.recipient(ctx, luis).ObservedResend)).To(BeNumerically("<=", 64))
			Expect(s.recipient(ctx, eva)).To(Equal(other))
		}
		Expect(s.invitation(ctx).Status.ObservedResend).To(BeEmpty())
		request(ctx, s, luis, "")
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientInvited, 5), HaveField("ObservedResend", "")))
	})

	It("WXP-7 invites a person again who has declined, or whose invitation has expired", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		state(ctx, s, luis, v1alpha1.RecipientDeclined)
		request(ctx, s, luis, "1")
		s.now = s.now.Add(8 * 24 * time.Hour)
		request(ctx, s, eva, "1")
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 2))
	})

	It("WXP-7 sends a person who has registered the confirmation again, and their link stays valid", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		s.succeed(ctx)
		state(ctx, s, luis, v1alpha1.RecipientRegistered)
		request(ctx, s, luis, "1")
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientRegistered, 1), HaveField("Mail",
			And(HaveField("Kind", v1alpha1.MailConfirmation), HaveField("State", v1alpha1.MailQueued)))))
	})

	It("WXP-7 is observed without another mail when it names somebody else or comes before the first mail", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		s.succeed(ctx)
		request(ctx, s, luis, "eva@acme.example")
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientInvited, 1), HaveField("ObservedResend", eva)))
		state(ctx, s, luis, v1alpha1.RecipientPending)
		request(ctx, s, luis, "2")
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientInvited, 2), HaveField("ObservedResend", "2")))
	})

	It("WXP-7 waits while the inviter may not give the role", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		s.succeed(ctx)
		s.edit(ctx, func(i *v1alpha1.Invitation) {
			i.Annotations[v1alpha1.AnnotationInviterKind] = string(v1alpha1.InviterPerson)
		})
		request(ctx, s, luis, "1")
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientInvited, 1), HaveField("ObservedResend", "")))
		s.edit(ctx, func(i *v1alpha1.Invitation) {
			i.Annotations[v1alpha1.AnnotationInviterKind] = string(v1alpha1.InviterPlatform)
		})
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientInvited, 2), HaveField("ObservedResend", "1")))
	})

	It("WXP-7 concerns the Invitation as soon as it is made", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		s.succeed(ctx)
		before := s.user(ctx, luis)
		after := before.DeepCopy()
		after.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"}
		Expect(s.r.invitationsForUser(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: before, After: after})).To(
			ContainElement(types.NamespacedName{Namespace: "acme", Name: "team"}))
		Expect(s.r.invitationsForUser(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: after, After: after.DeepCopy()})).To(BeEmpty())
	})
})
