// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("How an invitation stands", func() {
	invitationOf := func(recipients ...*v1alpha1.OnboardingStatus) *v1alpha1.Invitation {
		i := builders.Invitation("acme", "team", "x@acme.example").Obj()
		for n, o := range recipients {
			i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
				Email: v1alpha1.EmailAddress(string(rune('a'+n)) + "@acme.example"), OnboardingStatus: *o,
			})
		}
		concludeInvitation(i, true)
		return i
	}

	It("is counted", func() {
		i := invitationOf(
			builders.Onboarding(v1alpha1.RecipientPending, ""),
			builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientRegistered, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientActive, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientDeclined, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientExpired, v1alpha1.MailSent))
		Expect(i.Status.Summary).To(Equal(v1alpha1.InvitationSummary{
			Total: ptr.To[int32](6), Pending: ptr.To[int32](3), Active: ptr.To[int32](1), Failed: ptr.To[int32](2),
		}))
	})

	It("is working while a mail or a recipient waits", func() {
		Expect(invitationOf(builders.Onboarding(v1alpha1.RecipientPending, ""))).
			To(matchers.Stand(v1alpha1.ConditionReconciling, "AwaitingMail"))
		Expect(invitationOf(builders.Onboarding(v1alpha1.RecipientActive, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued))).To(matchers.Stand(v1alpha1.ConditionReconciling, "AwaitingMail"))
	})

	It("is stuck on a refused address, and names it", func() {
		i := invitationOf(builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientUndeliverable, v1alpha1.MailFailed))
		Expect(i).To(matchers.Stand(v1alpha1.ConditionStalled, "Undeliverable"))
		Expect(i.Status.Conditions[0].Message).To(And(ContainSubstring("refuses b@acme.example ("), ContainSubstring("accounts.usher.dev/resend")))
	})

	It("is ready when the rest is the people's", func() {
		i := invitationOf(builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent), builders.Onboarding(v1alpha1.RecipientActive, v1alpha1.MailSent))
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReady, "Ready"))
		Expect(i.Status.Conditions[0].Message).To(Equal("1 of 2 have accepted; Invited: a@acme.example"))
	})
})
