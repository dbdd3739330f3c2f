// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
)

var (
	noon = time.Date(2026, 11, 21, 12, 0, 0, 987, time.UTC)
	week = 7 * 24 * time.Hour
)

func subject() onboarding.Subject {
	return onboarding.Subject{UID: uid, Email: address, Now: noon, Validity: week, MailDomain: "usher.example"}
}

func at(t time.Time) *metav1.Time { return ptr.To(metav1.NewTime(t)) }

// onboardingIn gives somebody in a state, with all that the way there leaves behind.
func onboardingIn(state v1alpha1.RecipientState) *v1alpha1.OnboardingStatus {
	return &v1alpha1.OnboardingStatus{
		State:          state,
		SendCount:      1,
		ExpirationTime: at(noon.Add(time.Hour)),
		Registration:   &v1alpha1.Registration{DisplayName: "Luis"},
		Mail:           &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailSent, MessageID: "<1@usher.example>"},
	}
}

var _ = Describe("A transition", func() {
	It("changes nothing when the event means nothing", func() {
		for _, state := range allStates {
			for _, row := range transitionTable {
				if _, ok := onboarding.Next(state, row.event); ok {
					continue
				}
				o := onboardingIn(state)
				Expect(onboarding.Apply(o, row.event, subject())).To(BeFalse())
				Expect(o).To(Equal(onboardingIn(state)), "%s in %s", row.event, state)
			}
		}
	})

	It("ORG-20 writes down the mail of an invitation before anybody sends it", func() {
		o := &v1alpha1.OnboardingStatus{State: pending}
		Expect(onboarding.Apply(o, onboarding.EventAdmit, subject())).To(BeTrue())
		Expect(o).To(Equal(&v1alpha1.OnboardingStatus{
			State:          invited,
			SendCount:      1,
			ExpirationTime: at(noon.Add(week).Truncate(time.Second)),
			Mail: &v1alpha1.MailStatus{
				Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued,
				MessageID: onboarding.MessageID(uid, address, v1alpha1.MailInvitation, 1, "usher.example"),
			},
		}))
	})

	DescribeTable("WXP-7 a resend counts on, restarts validity and forgets the registration", func(state v1alpha1.RecipientState) {
		o := onboardingIn(state)
		Expect(onboarding.Apply(o, onboarding.EventResend, subject())).To(BeTrue())
		Expect(o.State).To(Equal(invited))
		Expect(o.SendCount).To(BeEquivalentTo(2))
		Expect(o.ExpirationTime.Time).To(Equal(noon.Add(week).Truncate(time.Second)))
		Expect(o.Registration).To(BeNil())
		Expect(o.Mail.State).To(Equal(v1alpha1.MailQueued))
		Expect(o.Mail.MessageID).To(Equal(onboarding.MessageID(uid, address, v1alpha1.MailInvitation, 2, "usher.example")))
	},
		Entry(nil, invited), Entry(nil, registered), Entry(nil, declined), Entry(nil, expired), Entry(nil, undeliverable),
	)

	It("lets the old link of somebody who is invited anew after a revocation be dead", func() {
		o := onboardingIn(revoked)
		Expect(onboarding.Apply(o, onboarding.EventAdmit, subject())).To(BeTrue())
		Expect(o.SendCount).To(BeEquivalentTo(2))
	})

	It("forgets the end and the registration of somebody who is named again, and counts on with the next mail", func() {
		o := onboardingIn(revoked)
		o.RevocationReason = v1alpha1.RevokedAddressRemoved
		Expect(onboarding.Apply(o, onboarding.EventName, subject())).To(BeTrue())
		Expect(o).To(Equal(&v1alpha1.OnboardingStatus{
			State: pending, SendCount: 1, Mail: onboardingIn(revoked).Mail,
		}))
		Expect(onboarding.Wait(o, noon.Add(week))).To(BeZero(), "time alone moves nobody who waits")
		Expect(onboarding.Apply(o, onboarding.EventAdmit, subject())).To(BeTrue())
		Expect(o.SendCount).To(BeEquivalentTo(2))
	})

	It("NOV-11 the form calls for the second mail, and validity goes on", func() {
		o := onboardingIn(invited)
		Expect(onboarding.Apply(o, onboarding.EventRegister, subject())).To(BeTrue())
		Expect(o.State).To(Equal(registered))
		Expect(o.SendCount).To(BeEquivalentTo(1))
		Expect(o.ExpirationTime.Time).To(Equal(noon.Add(time.Hour)))
		Expect(o.AcceptanceTime).To(BeNil())
		Expect(o.Mail.Kind).To(Equal(v1alpha1.MailConfirmation))
		Expect(o.Registration).NotTo(BeNil())
	})

	DescribeTable("LMI-12 acceptance calls for the welcome, and ends the link", func(state v1alpha1.RecipientState, event onboarding.Event) {
		o := onboardingIn(state)
		Expect(onboarding.Apply(o, event, subject())).To(BeTrue())
		Expect(o.State).To(Equal(active))
		Expect(o.AcceptanceTime.Time).To(Equal(noon.Truncate(time.Second)))
		Expect(o.ExpirationTime).To(BeNil())
		Expect(o.Mail.Kind).To(Equal(v1alpha1.MailWelcome))
		Expect(o.Mail.State).To(Equal(v1alpha1.MailQueued))
	},
		Entry("by confirmation", registered, onboarding.EventConfirm),
		Entry("without confirmation", invited, onboarding.EventAccept),
	)

	It("writes no mail to somebody who is a user already", func() {
		o := &v1alpha1.OnboardingStatus{State: pending}
		Expect(onboarding.Apply(o, onboarding.EventRecognize, subject())).To(BeTrue())
		Expect(o.State).To(Equal(active))
		Expect(o.Mail).To(BeNil())
		Expect(o.SendCount).To(BeZero())
	})

	DescribeTable("drops a mail that is not out yet and would lead nowhere", func(event onboarding.Event) {
		o := onboardingIn(invited)
		o.Mail.State, o.Mail.NextAttemptTime = v1alpha1.MailQueued, at(noon.Add(time.Minute))
		Expect(onboarding.Apply(o, event, subject())).To(BeTrue())
		Expect(onboarding.Queued(o)).To(BeFalse())
		Expect(onboarding.Wait(o, noon)).To(BeZero())
	},
		Entry(nil, onboarding.EventRevoke), Entry(nil, onboarding.EventDecline), Entry(nil, onboarding.EventExpire),
	)

	It("keeps the record of a mail that is out", func() {
		o := onboardingIn(invited)
		Expect(onboarding.Apply(o, onboarding.EventRevoke, subject())).To(BeTrue())
		Expect(o.Mail.State).To(Equal(v1alpha1.MailSent))
	})
})

var _ = Describe("Expiry", func() {
	It("is the moment itself, for open links only", func() {
		for _, state := range allStates {
			o := onboardingIn(state)
			end := o.ExpirationTime.Time
			open := state == pending || state == invited || state == registered
			Expect(onboarding.Expired(o, end.Add(-time.Nanosecond))).To(BeFalse(), string(state))
			Expect(onboarding.Expired(o, end)).To(Equal(open), string(state))
			Expect(onboarding.Expired(o, end.Add(time.Hour))).To(Equal(open), string(state))
		}
		Expect(onboarding.Expired(&v1alpha1.OnboardingStatus{State: pending}, noon)).To(BeFalse(), "without a time")
	})
})
