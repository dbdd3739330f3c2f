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
	"github.com/usher-operator/usher/internal/delivery/attempt"
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

// onboardingIn returns the onboarding of a person in a state, with everything that earlier states left behind.
func onboardingIn(state v1alpha1.RecipientState) *v1alpha1.OnboardingStatus {
	return &v1alpha1.OnboardingStatus{
		State:          state,
		SendCount:      1,
		ExpirationTime: at(noon.Add(time.Hour)),
		Registration:   &v1alpha1.Registration{DisplayName: "Luis"},
		Mail:           &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailSent, MessageID: "<1@usher.example>"},
	}
}

var _ = Describe("An applied event", func() {
	It("changes nothing when the table has no step for it", func() {
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

	It("ORG-20 queues the mail of an invitation", func() {
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

	DescribeTable("WXP-7 raises the send count, restarts validity and drops the registration on a resend", func(state v1alpha1.RecipientState) {
		o := onboardingIn(state)
		Expect(onboarding.Apply(o, onboarding.EventResend, subject())).To(BeTrue())
		Expect(o.State).To(Equal(invited))
		Expect(o.SendCount).To(BeEquivalentTo(2))
		Expect(o.ExpirationTime.Time).To(Equal(noon.Add(week).Truncate(time.Second)))
		Expect(o.Registration).To(BeNil())
		Expect(o.Mail.State).To(Equal(v1alpha1.MailQueued))
		Expect(o.Mail.MessageID).To(Equal(onboarding.MessageID(uid, address, v1alpha1.MailInvitation, 2, "usher.example")))
	},
		Entry(nil, invited), Entry(nil, declined), Entry(nil, expired), Entry(nil, undeliverable),
	)

	It("WXP-7 queues the confirmation again on a resend after the form was submitted, with the same link and another Message-ID", func() {
		o := onboardingIn(invited)
		Expect(onboarding.Apply(o, onboarding.EventRegister, subject())).To(BeTrue())
		ids := []string{o.Mail.MessageID}
		for n := range 2 {
			again := subject()
			again.Now = noon.Add(time.Duration(n+1) * time.Hour)
			o.Mail.State = v1alpha1.MailSent
			before := o.DeepCopy()
			Expect(onboarding.Apply(o, onboarding.EventResend, again)).To(BeTrue())
			Expect(o.State).To(Equal(registered))
			Expect(o.SendCount).To(BeEquivalentTo(1), "the link goes on working")
			Expect(o.Registration).To(Equal(onboardingIn(invited).Registration))
			Expect(o.ExpirationTime.Time).To(Equal(again.Now.Add(week).Truncate(time.Second)))
			Expect(o.Mail).To(And(HaveField("Kind", v1alpha1.MailConfirmation), HaveField("State", v1alpha1.MailQueued)))
			Expect(ids).NotTo(ContainElement(o.Mail.MessageID))
			ids = append(ids, o.Mail.MessageID)
			Expect(onboarding.Apply(before, onboarding.EventResend, again)).To(BeTrue())
			Expect(before.Mail.MessageID).To(Equal(o.Mail.MessageID), "a pass that is repeated")
		}
	})

	It("raises the send count of a revoked person who is invited again, so that the old link stays invalid", func() {
		o := onboardingIn(revoked)
		Expect(onboarding.Apply(o, onboarding.EventAdmit, subject())).To(BeTrue())
		Expect(o.SendCount).To(BeEquivalentTo(2))
	})

	It("drops the expiration and the registration of a person who is named again, and raises the send count with the next mail", func() {
		o := onboardingIn(revoked)
		o.RevocationReason = v1alpha1.RevokedAddressRemoved
		Expect(onboarding.Apply(o, onboarding.EventName, subject())).To(BeTrue())
		Expect(o).To(Equal(&v1alpha1.OnboardingStatus{
			State: pending, SendCount: 1, Mail: onboardingIn(revoked).Mail,
		}))
		Expect(onboarding.Wait(o, noon.Add(week))).To(BeZero(), "time alone changes nothing for a person who waits")
		Expect(onboarding.Apply(o, onboarding.EventAdmit, subject())).To(BeTrue())
		Expect(o.SendCount).To(BeEquivalentTo(2))
	})

	It("NOV-11 queues the second mail when the form is submitted, and validity continues", func() {
		o := onboardingIn(invited)
		Expect(onboarding.Apply(o, onboarding.EventRegister, subject())).To(BeTrue())
		Expect(o.State).To(Equal(registered))
		Expect(o.SendCount).To(BeEquivalentTo(1))
		Expect(o.ExpirationTime.Time).To(Equal(noon.Add(time.Hour)))
		Expect(o.AcceptanceTime).To(BeNil())
		Expect(o.Mail.Kind).To(Equal(v1alpha1.MailConfirmation))
		Expect(o.Registration).NotTo(BeNil())
	})

	DescribeTable("LMI-12 queues the welcome mail and ends the link on acceptance", func(state v1alpha1.RecipientState, event onboarding.Event) {
		o := onboardingIn(state)
		Expect(onboarding.Apply(o, event, subject())).To(BeTrue())
		Expect(o.State).To(Equal(active))
		Expect(o.AcceptanceTime.Time).To(Equal(noon.Truncate(time.Second)))
		Expect(o.ExpirationTime).To(BeNil())
		Expect(o.Mail.Kind).To(Equal(v1alpha1.MailWelcome))
		Expect(o.Mail.State).To(Equal(v1alpha1.MailQueued))
	},
		Entry("by confirming the address", registered, onboarding.EventConfirm),
		Entry("by submitting the form, when no confirmation is required", invited, onboarding.EventAccept),
		Entry("SIG-1 by submitting the form, signed in with the invited address", invited, onboarding.EventSignIn),
	)

	It("takes a decline back with the same link, valid until the same time, and queues no mail", func() {
		o := onboardingIn(invited)
		o.Registration = nil
		before := o.DeepCopy()
		Expect(onboarding.Apply(o, onboarding.EventDecline, subject())).To(BeTrue())
		Expect(onboarding.CanReconsider(o, noon)).To(BeTrue())
		Expect(onboarding.CanReconsider(o, noon.Add(time.Hour))).To(BeFalse(), "the link would have expired")
		Expect(onboarding.Apply(o, onboarding.EventReconsider, subject())).To(BeTrue())
		Expect(o).To(Equal(before))
		Expect(onboarding.CanReconsider(o, noon)).To(BeFalse())
	})

	It("NOV-13 welcomes a person who was told that they are suspended, once they no longer are, in another mail", func() {
		o := onboardingIn(registered)
		Expect(onboarding.Apply(o, onboarding.EventConfirm, subject())).To(BeTrue())
		first, accepted := o.Mail.MessageID, o.AcceptanceTime
		Expect(onboarding.Apply(o, onboarding.EventReactivate, subject())).To(BeFalse(), "nothing was said yet")
		onboarding.Record(o, attempt.Result{MessageID: first, Kind: v1alpha1.MailSuspended}, noon)
		Expect(o.Mail).To(And(HaveField("Kind", v1alpha1.MailSuspended), HaveField("State", v1alpha1.MailSent)))

		later := subject()
		later.Now = noon.Add(week)
		again := o.DeepCopy()
		Expect(onboarding.Apply(o, onboarding.EventReactivate, later)).To(BeTrue())
		Expect(o.Mail).To(And(HaveField("Kind", v1alpha1.MailWelcome), HaveField("State", v1alpha1.MailQueued), HaveField("MessageID", Not(Equal(first)))))
		Expect(o.AcceptanceTime).To(Equal(accepted))
		Expect(onboarding.Apply(again, onboarding.EventReactivate, subject())).To(BeTrue())
		Expect(again).To(Equal(o), "a pass that is repeated")
		onboarding.Record(o, attempt.Result{MessageID: o.Mail.MessageID, Kind: v1alpha1.MailWelcome}, noon)
		Expect(onboarding.Apply(o, onboarding.EventReactivate, later)).To(BeFalse(), "welcomed once")
	})

	It("queues no mail for a person who is a user already", func() {
		o := &v1alpha1.OnboardingStatus{State: pending}
		Expect(onboarding.Apply(o, onboarding.EventRecognize, subject())).To(BeTrue())
		Expect(o.State).To(Equal(active))
		Expect(o.Mail).To(BeNil())
		Expect(o.SendCount).To(BeZero())
	})

	It("ORG-26 revokes a person whose account is removed, and drops a welcome that is still queued", func() {
		o := queuedIn(active)
		removed := subject()
		removed.Reason = v1alpha1.RevokedAccountRemoved
		Expect(onboarding.Apply(o, onboarding.EventRemove, removed)).To(BeTrue())
		Expect(o.State).To(Equal(revoked))
		Expect(o.RevocationReason).To(Equal(v1alpha1.RevokedAccountRemoved))
		Expect(o.Mail).To(BeNil())
	})

	It("ORG-26 ORG-28 keeps the time of an acceptance until the person is invited anew, so that its link welcomes no later account", func() {
		o := &v1alpha1.OnboardingStatus{State: active, SendCount: 1, AcceptanceTime: at(noon.Add(-week))}
		for _, event := range []onboarding.Event{onboarding.EventRemove, onboarding.EventName, onboarding.EventRecognize} {
			Expect(onboarding.Apply(o, event, subject())).To(BeTrue())
			Expect(o.AcceptanceTime).To(Equal(at(noon.Add(-week))), string(event))
		}
		for _, event := range []onboarding.Event{onboarding.EventRemove, onboarding.EventName, onboarding.EventAdmit} {
			Expect(onboarding.Apply(o, event, subject())).To(BeTrue())
		}
		Expect(o.AcceptanceTime).To(BeNil())
		Expect(onboarding.Apply(o, onboarding.EventRecognize, subject())).To(BeTrue())
		Expect(o.AcceptanceTime.Time).To(Equal(noon.Truncate(time.Second)))
	})

	DescribeTable("drops a queued mail whose link would be invalid", func(event onboarding.Event) {
		o := onboardingIn(invited)
		o.Mail.State, o.Mail.NextAttemptTime = v1alpha1.MailQueued, at(noon.Add(time.Minute))
		Expect(onboarding.Apply(o, event, subject())).To(BeTrue())
		Expect(onboarding.Queued(o)).To(BeFalse())
		Expect(onboarding.Wait(o, noon)).To(BeZero())
	},
		Entry(nil, onboarding.EventRevoke), Entry(nil, onboarding.EventDecline), Entry(nil, onboarding.EventExpire),
	)

	It("keeps the record of a mail that was sent", func() {
		o := onboardingIn(invited)
		Expect(onboarding.Apply(o, onboarding.EventRevoke, subject())).To(BeTrue())
		Expect(o.Mail.State).To(Equal(v1alpha1.MailSent))
	})
})

var _ = Describe("Expiry", func() {
	It("includes the expiration time itself, and concerns only people who can still accept", func() {
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

var _ = Describe("The wait until time alone changes a state", func() {
	It("ends when the link expires", func() {
		Expect(onboarding.Wait(onboardingIn(invited), noon)).To(Equal(time.Hour))
		Expect(onboarding.Wait(onboardingIn(registered), noon)).To(Equal(time.Hour))
	})

	It("does not include the next attempt of a mail, which may still be running when its time has come", func() {
		for _, due := range []time.Time{noon.Add(time.Minute), noon, noon.Add(-time.Hour)} {
			Expect(onboarding.Wait(triedAgainAt(due), noon)).To(Equal(time.Hour))
			o := queuedIn(active)
			o.Mail.NextAttemptTime = at(due)
			Expect(onboarding.Wait(o, noon)).To(BeZero(), "a welcome")
		}
	})

	It("is short but not zero for an expired link, and zero for a state that time does not change", func() {
		Expect(onboarding.Wait(onboardingIn(invited), noon.Add(week))).To(And(BeNumerically(">", 0), BeNumerically("<", time.Second)))
		for _, state := range []v1alpha1.RecipientState{active, declined, expired, revoked, undeliverable} {
			Expect(onboarding.Wait(onboardingIn(state), noon)).To(BeZero(), string(state))
		}
		Expect(onboarding.Wait(&v1alpha1.OnboardingStatus{State: pending}, noon)).To(BeZero())
		Expect(onboarding.Wait(nil, noon)).To(BeZero())
	})
})
