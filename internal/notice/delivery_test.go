// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/notice"
)

var _ = Describe("A delivery", func() {
	var s v1alpha1.NoticeDeliveryStatus

	BeforeEach(func() {
		s = v1alpha1.NoticeDeliveryStatus{State: v1alpha1.NoticeQueued, MessageID: "<1@usher.example>"}
	})
	record := func(d attempt.Result) {
		d.MessageID = "<1@usher.example>"
		notice.Record(&s, d, now)
	}

	due := func() time.Duration {
		GinkgoHelper()
		wait, queued := notice.NextAttempt(&s, now)
		Expect(queued).To(BeTrue())
		return wait
	}

	It("is retried at growing intervals after a failure, and not after a refusal", func() {
		Expect(due()).To(BeZero())
		record(attempt.Result{Error: "451"})
		Expect(due()).To(Equal(10 * time.Second))
		record(attempt.Result{Error: "451"})
		Expect(due()).To(Equal(20 * time.Second))
		Expect(s).To(And(HaveField("Attempts", BeEquivalentTo(2)), HaveField("LastError", "451")))
		record(attempt.Result{Error: "550", Permanent: true})
		_, queued := notice.NextAttempt(&s, now)
		Expect(queued).To(BeFalse())
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeFailed), HaveField("NextAttemptTime", BeNil())))
	})

	It("that was not tried is postponed without counting an attempt", func() {
		record(attempt.Result{Error: errors.New("down").Error(), RetryAt: now.Add(time.Second)})
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeQueued), HaveField("Attempts", BeZero()), HaveField("LastError", "down")))
		Expect(due()).To(Equal(2 * time.Second))
	})

	It("OPS-9 waits for a budget without counting an attempt, and is sent then", func() {
		record(attempt.Result{Budget: "50 a day for alerts and reports to one address", RetryAt: now.Add(time.Minute)})
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeQueued), HaveField("Attempts", BeZero()),
			HaveField("Budget", "50 a day for alerts and reports to one address")))
		Expect(due()).To(Equal(61 * time.Second))
		record(attempt.Result{})
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeSent), HaveField("Budget", BeEmpty())))
	})

	It("is recorded once", func() {
		record(attempt.Result{})
		Expect(s).To(And(HaveField("State", v1alpha1.NoticeSent), HaveField("LastError", BeEmpty())))
		record(attempt.Result{Error: "late", Permanent: true})
		Expect(s.State).To(Equal(v1alpha1.NoticeSent))
	})
})
