// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/mail/refusal"
	"github.com/usher-operator/usher/internal/testing/timing"
)

var _ = Describe("A context that outlasts another", func() {
	It("ends a while after the other, when it is cancelled itself, and never before", func(ctx SpecContext) {
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

var _ = Describe("An attempt to send", func() {
	retryAt := time.Date(2026, 11, 21, 10, 0, 30, 0, time.UTC)

	DescribeTable("returns the result of the message", func(ctx SpecContext, err error, expected attempt.Result) {
		expected.MessageID = "<1@usher.example>"
		if err != nil {
			expected.Error = err.Error()
		}
		Expect(Try(ctx, mail.Invitation, "<1@usher.example>", func(context.Context) error { return err })).To(Equal(expected))
	},
		Entry("that was accepted", nil, attempt.Result{}),
		Entry("that failed", errors.New("no connection"), attempt.Result{}),
		Entry("that the mail server refuses permanently", &mail.DeliveryError{Code: 550, Permanent: true}, attempt.Result{Permanent: true}),
		Entry("whose sender is refused", &mail.DeliveryError{Code: 550, Scope: refusal.Sender}, attempt.Result{Scope: v1alpha1.MailScopeSender}),
		Entry("to a full mailbox", &mail.DeliveryError{Code: 552, Scope: refusal.Recipient, MailboxFull: true},
			attempt.Result{Scope: v1alpha1.MailScopeRecipient, MailboxFull: true}),
		Entry("that the gateway refuses permanently", &gateway.Error{Code: 400, Permanent: true}, attempt.Result{Permanent: true}),
		Entry("that was not tried at the mail server", &mail.DeliveryError{RetryAt: retryAt}, attempt.Result{RetryAt: retryAt}),
		Entry("that was not tried at the gateway", &gateway.Error{RetryAt: retryAt}, attempt.Result{RetryAt: retryAt}),
	)

	It("continues after the operator was told to stop", func(ctx SpecContext) {
		stopping, stop := context.WithCancel(ctx)
		result := Try(stopping, mail.Invitation, "<1@usher.example>", func(sending context.Context) error {
			stop()
			return sending.Err()
		})
		Expect(result.Error).To(BeEmpty())
	})
})
