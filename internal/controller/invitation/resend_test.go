// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A request to invite again", func() {
	request := func(i *v1alpha1.Invitation) { i.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} }

	It("WXP-7 waits while one of the recipients cannot be invited, and then invites everybody once", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		s.now = s.now.Add(8 * 24 * time.Hour)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientExpired, 1))
		s.removeUser(ctx, eva)

		s.edit(ctx, request)
		s.edit(ctx, func(i *v1alpha1.Invitation) { i.Spec.Emails = append(i.Spec.Emails, sam) })
		s.refuseFor("create", eva, errRefused)
		for range 2 {
			s.fail(ctx)
			Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientExpired, 1))
			Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientExpired, 1))
			Expect(s.recipient(ctx, sam)).To(inState(v1alpha1.RecipientInvited, 1), "a new recipient does not wait")
			Expect(s.invitation(ctx).Status.ObservedResend).To(BeEmpty())
		}

		s.accept()
		for range 2 {
			s.succeed(ctx)
			Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
			Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 2))
			Expect(s.recipient(ctx, sam)).To(inState(v1alpha1.RecipientInvited, 2), "invited before the request was met")
			Expect(s.invitation(ctx).Status.ObservedResend).To(Equal("1"))
		}
		Expect(s.recorder.Events).To(Receive(HavePrefix("Normal Ready 0 of 2 have accepted; Expired: ")))
		Expect(s.recorder.Events).To(Receive(Equal("Warning UserMadeAgain the pending OrgUser " + emailaddr.ObjectName(eva) +
			" was deleted and Usher recreated it, because spec.emails names eva@acme.example: remove the address there")))
	})

	It("WXP-7 concerns people who are invited for the first time in the same pass only once", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		s.succeed(ctx)
		s.edit(ctx, request)
		s.edit(ctx, func(i *v1alpha1.Invitation) { i.Spec.Emails = append(i.Spec.Emails, eva) })
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 1))
	})

	// onward writes the state of a recipient.
	onward := func(ctx context.Context, s *apiserver, email string, state v1alpha1.RecipientState) {
		GinkgoHelper()
		i := s.invitation(ctx)
		lookup.Recipient(i, email).State = state
		Expect(s.Status().Update(ctx, i)).To(Succeed())
	}
	requesting := func(value string) func(*v1alpha1.Invitation) {
		return func(i *v1alpha1.Invitation) { i.Annotations[v1alpha1.AnnotationResend] = value }
	}

	It("WXP-7 leaves a person alone who has declined, unless it names them", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		onward(ctx, s, luis, v1alpha1.RecipientDeclined)
		s.edit(ctx, requesting("1"))
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientDeclined, 1))
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 2))
		s.edit(ctx, requesting("2 LUIS@acme.example"))
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 2), "not named")
	})

	It("WXP-7 concerns nobody else than those whom it names, and nobody if they are not recipients", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		before := s.recipient(ctx, luis)
		for _, value := range []string{sam, "luis@acme..example", eva} {
			s.edit(ctx, requesting(value))
			s.succeed(ctx)
			Expect(s.recipient(ctx, luis)).To(Equal(before), value)
			Expect(s.invitation(ctx).Status.ObservedResend).To(Equal(value))
		}
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 2))
	})

	It("WXP-7 sends a person who has registered the confirmation again, and their link stays valid", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis).Obj())
		s.succeed(ctx)
		onward(ctx, s, luis, v1alpha1.RecipientRegistered)
		s.edit(ctx, requesting("1"))
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(And(inState(v1alpha1.RecipientRegistered, 1), HaveField("Mail",
			And(HaveField("Kind", v1alpha1.MailConfirmation), HaveField("State", v1alpha1.MailQueued)))))
	})

	It("WXP-7 invites a person again who was turned away, with the user that they have", func(ctx SpecContext) {
		s := serve(ctx, builders.Invitation("acme", "team", luis, eva).Obj())
		s.succeed(ctx)
		i := s.invitation(ctx)
		i.Status.Recipients[0].State = v1alpha1.RecipientRevoked
		i.Status.Recipients[0].RevocationReason = v1alpha1.RevokedInviterUnauthorized
		Expect(s.Status().Update(ctx, i)).To(Succeed())
		s.edit(ctx, request)
		s.refuseFor("delete", luis, errRefused)
		s.succeed(ctx)
		Expect(s.recipient(ctx, luis)).To(inState(v1alpha1.RecipientInvited, 2))
		Expect(s.recipient(ctx, eva)).To(inState(v1alpha1.RecipientInvited, 2))
	})
})
