// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	"strings"
	"time"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/onboarding"
)

const messageID = "<1@usher.example>"

// queuedIn gives somebody in a state whose mail is to be sent.
func queuedIn(state v1alpha1.RecipientState) *v1alpha1.OnboardingStatus {
	o := onboardingIn(state)
	o.Mail.State = v1alpha1.MailQueued
	return o
}

var _ = Describe("What came of a mail", func() {
	It("is sent", func() {
		o := queuedIn(invited)
		o.Mail.Attempts, o.Mail.LastError, o.Mail.NextAttemptTime = 2, "451 try later", at(noon)
		onboarding.Record(o, attempt.Result{MessageID: messageID}, noon)
		Expect(o.Mail).To(Equal(&v1alpha1.MailStatus{
			Kind: v1alpha1.MailInvitation, State: v1alpha1.MailSent, MessageID: messageID, Attempts: 3,
		}))
		Expect(o.State).To(Equal(invited))
	})

	It("is to be tried again, later each time", func() {
		o := queuedIn(invited)
		for n, wait := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second} {
			onboarding.Record(o, attempt.Result{MessageID: messageID, Error: "451 try later"}, noon)
			Expect(o.Mail.State).To(Equal(v1alpha1.MailQueued))
			Expect(o.Mail.Attempts).To(BeEquivalentTo(n + 1))
			Expect(o.Mail.LastError).To(Equal("451 try later"))
			Expect(o.Mail.NextAttemptTime.Time).To(Equal(noon.Add(wait).Truncate(time.Second)))
		}
		Expect(o.State).To(Equal(invited))
	})

	DescribeTable("is refused for good", func(before, after v1alpha1.RecipientState) {
		o := queuedIn(before)
		onboarding.Record(o, attempt.Result{MessageID: messageID, Error: "550 no such user", Permanent: true}, noon)
		Expect(o.State).To(Equal(after))
		Expect(o.Mail.State).To(Equal(v1alpha1.MailFailed))
		Expect(o.Mail.LastError).To(Equal("550 no such user"))
		Expect(o.Mail.NextAttemptTime).To(BeNil())
	},
		Entry("the invitation", invited, undeliverable),
		Entry("the confirmation", registered, undeliverable),
		Entry("the welcome, which takes nothing away from who has accepted", active, active),
	)

	It("is tried later, and no attempt is counted, when the mail was not tried", func() {
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

	It("changes nothing when another mail is the newest, or it was recorded already", func() {
		o := queuedIn(invited)
		onboarding.Record(o, attempt.Result{MessageID: "<2@usher.example>", Error: "550", Permanent: true}, noon)
		Expect(o).To(Equal(queuedIn(invited)))

		o = onboardingIn(invited)
		onboarding.Record(o, attempt.Result{MessageID: messageID, Error: "451"}, noon)
		Expect(o).To(Equal(onboardingIn(invited)))

		nobody := &v1alpha1.OnboardingStatus{State: revoked}
		onboarding.Record(nobody, attempt.Result{MessageID: messageID}, noon)
		Expect(nobody).To(Equal(&v1alpha1.OnboardingStatus{State: revoked}))
	})

	It("keeps a long error short, and whole characters", func() {
		o := queuedIn(invited)
		onboarding.Record(o, attempt.Result{MessageID: messageID, Error: "451 " + strings.Repeat("€", 500)}, noon)
		Expect(len(o.Mail.LastError)).To(And(BeNumerically("<=", 512), BeNumerically(">", 500)))
		Expect(utf8.ValidString(o.Mail.LastError)).To(BeTrue())
	})
})

var _ = Describe("The time of a mail", func() {
	DescribeTable("is at once, or when it is to be tried again", func(o *v1alpha1.OnboardingStatus, wait time.Duration, queued bool) {
		gotWait, gotQueued := onboarding.NextAttempt(o, noon)
		Expect(gotQueued).To(Equal(queued))
		Expect(gotWait).To(Equal(wait))
		Expect(onboarding.Queued(o)).To(Equal(queued))
	},
		Entry("of nobody", nil, time.Duration(0), false),
		Entry("of none", &v1alpha1.OnboardingStatus{State: pending}, time.Duration(0), false),
		Entry("of one that is out", onboardingIn(invited), time.Duration(0), false),
		Entry("of a new one", queuedIn(invited), time.Duration(0), true),
		Entry("of one that waits", triedAgainAt(noon.Add(time.Minute)), time.Minute, true),
		Entry("of one that is due", triedAgainAt(noon), time.Duration(0), true),
		Entry("of one that is overdue", triedAgainAt(noon.Add(-time.Hour)), time.Duration(0), true),
	)
})

func triedAgainAt(t time.Time) *v1alpha1.OnboardingStatus {
	o := queuedIn(invited)
	o.Mail.NextAttemptTime = at(t)
	return o
}

var _ = Describe("How long until time moves a person", func() {
	It("is the link's end", func() {
		Expect(onboarding.Wait(onboardingIn(invited), noon)).To(Equal(time.Hour))
		Expect(onboarding.Wait(onboardingIn(registered), noon)).To(Equal(time.Hour))
	})

	It("is not the time of a mail, which is tried again by itself, and may be under way when its time has come", func() {
		for _, due := range []time.Time{noon.Add(time.Minute), noon, noon.Add(-time.Hour)} {
			Expect(onboarding.Wait(triedAgainAt(due), noon)).To(Equal(time.Hour))
			o := queuedIn(active)
			o.Mail.NextAttemptTime = at(due)
			Expect(onboarding.Wait(o, noon)).To(BeZero(), "a welcome")
		}
	})

	It("is never zero for what is overdue, and zero for who stays as he is", func() {
		Expect(onboarding.Wait(onboardingIn(invited), noon.Add(week))).To(And(BeNumerically(">", 0), BeNumerically("<", time.Second)))
		for _, state := range []v1alpha1.RecipientState{active, declined, expired, revoked, undeliverable} {
			Expect(onboarding.Wait(onboardingIn(state), noon)).To(BeZero(), string(state))
		}
		Expect(onboarding.Wait(&v1alpha1.OnboardingStatus{State: pending}, noon)).To(BeZero())
		Expect(onboarding.Wait(nil, noon)).To(BeZero())
	})
})

var _ = Describe("A Message-ID", func() {
	id := func(uid types.UID, email string, kind v1alpha1.MailKind, count int32) string {
		return onboarding.MessageID(uid, email, kind, count, "usher.example")
	}

	It("is the same for the same mail, whatever the letters' case of the address", func() {
		Expect(id(uid, address, v1alpha1.MailInvitation, 1)).To(Equal(id(uid, "LUIS@acme.example", v1alpha1.MailInvitation, 1)))
		Expect(id(uid, address, v1alpha1.MailInvitation, 1)).To(MatchRegexp(`^<[0-9a-f]{32}@usher\.example>$`))
	})

	It("differs by object, address, mail and send count, and holds no address", func() {
		ids := map[string]bool{}
		for _, u := range []types.UID{uid, "7b1d3c52-3c0f-4b8e-9d55-0a4f6f2f3a12"} {
			for _, email := range []string{address, "eva@acme.example"} {
				for _, kind := range []v1alpha1.MailKind{v1alpha1.MailInvitation, v1alpha1.MailConfirmation, v1alpha1.MailWelcome} {
					for count := range int32(12) {
						ids[id(u, email, kind, count)] = true
					}
				}
			}
		}
		Expect(ids).To(HaveLen(2 * 2 * 3 * 12))
		Expect(ids).NotTo(HaveKey(ContainSubstring("luis")))
	})

	It("does not run its parts together", func() {
		Expect(id("1", "2a@b.c", v1alpha1.MailInvitation, 1)).NotTo(Equal(id("12", "a@b.c", v1alpha1.MailInvitation, 1)))
	})
})
