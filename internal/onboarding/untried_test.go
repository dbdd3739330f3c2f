// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/onboarding"
)

var _ = Describe("A mail that was not tried", func() {
	It("is put off without an attempt", func() {
		now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
		o := &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, Mail: &v1alpha1.MailStatus{
			MessageID: "<1@acme.example>", State: v1alpha1.MailQueued, Attempts: 3,
		}}
		retryAt := now.Add(1500 * time.Millisecond)
		onboarding.Record(o, attempt.Result{MessageID: "<1@acme.example>", Error: "refused", RetryAt: retryAt}, now)
		Expect(o.Mail.Attempts).To(BeEquivalentTo(3))
		Expect(o.Mail.LastError).To(Equal("refused"))
		Expect(o.Mail.NextAttemptTime.Time).To(And(BeTemporally(">=", retryAt), BeTemporally("<", retryAt.Add(time.Second))))
		wait, queued := onboarding.NextAttempt(o, retryAt)
		Expect(queued).To(BeTrue())
		Expect(wait).To(BeNumerically(">", 0))
		Expect(o.Mail.State).To(Equal(v1alpha1.MailQueued))
	})
})
