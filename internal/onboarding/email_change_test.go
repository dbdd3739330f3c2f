// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
)

var _ = Describe("A requested address", func() {
	It("NOV-11 queues a mail that asks for confirmation, whose link expires", func() {
		c := onboarding.RequestEmailChange(subject(), 7, true)
		Expect(c).To(And(HaveField("Email", BeEquivalentTo(address)), HaveField("ConfirmationTime", BeNil()),
			HaveField("Mail.Kind", v1alpha1.MailAddressChange), HaveField("Mail.State", v1alpha1.MailQueued)))
		o := onboarding.ConfirmationOf(c)
		Expect(o.SendCount).To(BeEquivalentTo(7))
		Expect(onboarding.Queued(o)).To(BeTrue())
		Expect(onboarding.Expired(o, noon.Add(week-time.Second))).To(BeFalse())
		Expect(onboarding.Expired(o, noon.Add(week))).To(BeTrue())
	})

	It("is confirmed at once if nobody needs to", func() {
		c := onboarding.RequestEmailChange(subject(), 7, false)
		Expect(c.ConfirmationTime).NotTo(BeNil())
		Expect(c.Mail).To(BeNil())
		Expect(onboarding.ConfirmationOf(c)).To(BeNil())
		Expect(onboarding.ConfirmationOf(nil)).To(BeNil())
	})

	It("WXP-7 is asked about again in another mail with the same link", func() {
		c := onboarding.RequestEmailChange(subject(), 7, true)
		first, since := c.Mail.MessageID, c.RequestTime
		s := subject()
		s.Now = noon.Add(week)
		onboarding.AskAgain(c, s)
		Expect(c.Mail.MessageID).NotTo(Equal(first))
		Expect(onboarding.ConfirmationOf(c).SendCount).To(BeEquivalentTo(7))
		Expect(onboarding.Expired(onboarding.ConfirmationOf(c), noon.Add(week))).To(BeFalse())
		Expect(c.RequestTime).To(Equal(since), "the claim is as old as before")
		Expect(onboarding.RequestEmailChange(subject(), 8, true).Mail.MessageID).NotTo(Equal(first))
	})
})
