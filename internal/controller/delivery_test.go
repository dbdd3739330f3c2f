// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/timing"
)

var _ = Describe("What is due of an Invitation", func() {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	at := func(after time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(after)} }
	recipient := func(email string, kind v1alpha1.MailKind, next *metav1.Time) v1alpha1.RecipientStatus {
		return v1alpha1.RecipientStatus{Email: v1alpha1.EmailAddress(email), OnboardingStatus: v1alpha1.OnboardingStatus{
			State: v1alpha1.RecipientInvited, ExpirationTime: at(time.Hour),
			Mail: &v1alpha1.MailStatus{Kind: kind, State: v1alpha1.MailQueued, NextAttemptTime: next},
		}}
	}
	outboxOf := func(change func(*v1alpha1.Invitation)) outbox[onboardingMessage] {
		i := builders.Invitation("acme", "team", "luis@acme.example").Obj()
		i.Generation, i.Status.ObservedGeneration = 2, 2
		i.Status.Recipients = []v1alpha1.RecipientStatus{
			recipient("luis@acme.example", v1alpha1.MailInvitation, nil),
			recipient("eva@acme.example", v1alpha1.MailInvitation, at(time.Minute)),
			recipient("sam@acme.example", v1alpha1.MailConfirmation, at(-time.Minute)),
		}
		change(i)
		return outbox[onboardingMessage]{object: i, messages: func() []onboardingMessage { return recipientsOf(i) }}
	}
	emails := func(people []onboardingMessage) []string {
		out := []string{}
		for _, person := range people {
			out = append(out, person.email)
		}
		return out
	}
	unchanged := func(*v1alpha1.Invitation) {}

	It("is what is queued and not put off, first for who waits in front of a page", func() {
		Expect(emails(outboxOf(unchanged).due(now))).To(Equal([]string{"sam@acme.example", "luis@acme.example"}))
	})

	DescribeTable("is nothing", func(change func(*v1alpha1.Invitation)) {
		Expect(outboxOf(change).due(now)).To(BeEmpty())
	},
		Entry("before the newest spec is worked in", func(i *v1alpha1.Invitation) { i.Generation++ }),
		Entry("when it is being deleted", func(i *v1alpha1.Invitation) { i.DeletionTimestamp = at(0) }),
		Entry("when the links' time is over", func(i *v1alpha1.Invitation) {
			for n := range i.Status.Recipients {
				i.Status.Recipients[n].ExpirationTime = at(-time.Second)
			}
		}),
		Entry("when all is out", func(i *v1alpha1.Invitation) {
			for n := range i.Status.Recipients {
				i.Status.Recipients[n].Mail.State = v1alpha1.MailSent
			}
		}),
	)

	It("comes again when the first that is put off is due", func() {
		later := outboxOf(func(i *v1alpha1.Invitation) { i.Status.Recipients = i.Status.Recipients[1:2] })
		Expect(later.wait(now)).To(Equal(time.Minute))
		Expect(outboxOf(unchanged).wait(now)).To(Equal(time.Millisecond))
		Expect(outboxOf(func(i *v1alpha1.Invitation) { i.Status.Recipients = nil }).wait(now)).To(BeZero())
	})
})

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

var _ = Describe("A context that outlasts another", func() {
	It("ends a while after it, with its own cancellation, and never before", func(ctx SpecContext) {
		stopping, stop := context.WithCancel(ctx)
		short, done := outlasting(stopping, time.Millisecond)
		defer done()
		long, doneLong := outlasting(stopping, time.Hour)
		Expect(short.Err()).NotTo(HaveOccurred())
		stop()
		Eventually(ctx, short.Done()).Should(BeClosed())
		Expect(long.Err()).NotTo(HaveOccurred())
		doneLong()
		Expect(errors.Is(long.Err(), context.Canceled)).To(BeTrue())
	}, SpecTimeout(timing.Timeout))
})

var _ = Describe("How many mails are sent before what came of them is written", func() {
	It("is one after the start, and doubles with each writing up to a bound", func() {
		p := &dispatcher{}
		var sizes []int
		for range 7 {
			sizes = append(sizes, p.batchSize())
			p.recorded.Add(1)
		}
		Expect(sizes).To(Equal([]int{1, 2, 4, 8, 16, maxBatch, maxBatch}))
	})
})
