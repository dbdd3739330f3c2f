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

// queuedIn returns the onboarding of a person in a state whose mail is queued.
func queuedIn(state v1alpha1.RecipientState) *v1alpha1.OnboardingStatus {
	o := onboardingIn(state)
	o.Mail.State = v1alpha1.MailQueued
	return o
}

var _ = Describe("The recorded result of a mail", func() {
	It("is Sent when the mail was accepted", func() {
		o := queuedIn(invited)
		o.Mail.Attempts, o.Mail.LastError, o.Mail.NextAttemptTime = 2, "451 try later", at(noon)
		onboarding.Record(o, attempt.Result{MessageID: messageID}, noon)
		Expect(o.Mail).To(Equal(&v1alpha1.MailStatus{
			Kind: v1alpha1.MailInvitation, State: v1alpha1.MailSent, MessageID: messageID, Attempts: 3,
		}))
		Expect(o.State).To(Equal(invited))
	})

	It("keeps the mail queued after a failure, with a longer wait each time", func() {
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

	DescribeTable("is Failed when the mail was refused permanently", func(before, after v1alpha1.RecipientState) {
		o := queuedIn(before)
		onboarding.Record(o, attempt.Result{MessageID: messageID, Error: "550 no such user", Permanent: true}, noon)
		Expect(o.State).To(Equal(after))
		Expect(o.Mail.State).To(Equal(v1alpha1.MailFailed))
		Expect(o.Mail.LastError).To(Equal("550 no such user"))
		Expect(o.Mail.NextAttemptTime).To(BeNil())
	},
		Entry("and the invitation undeliverable", invited, undeliverable),
		Entry("and the confirmation undeliverable", registered, undeliverable),
		Entry("but a welcome mail takes nothing away from a person who has accepted", active, active),
	)

	DescribeTable("NOV-9 keeps the mail queued when the platform is refused, not the recipient", func(scope v1alpha1.MailScope, permanent bool) {
		o := queuedIn(invited)
		onboarding.Record(o, attempt.Result{MessageID: messageID, Error: "550 no", Scope: scope, Permanent: permanent}, noon)
		Expect(o.State).To(Equal(invited))
		Expect(o.Mail).To(And(HaveField("State", v1alpha1.MailQueued), HaveField("LastErrorScope", scope),
			HaveField("NextAttemptTime.Time", noon.Add(10*time.Second).Truncate(time.Second))))
		Expect(onboarding.AwaitsPlatform(o)).To(BeTrue())
	},
		Entry(nil, v1alpha1.MailScopeConnection, false),
		Entry(nil, v1alpha1.MailScopeSender, false),
		Entry(nil, v1alpha1.MailScopeMessage, true),
	)

	It("NOV-9 tries a mail to a full mailbox for a day, from when it was first found full", func() {
		o := queuedIn(invited)
		full := attempt.Result{MessageID: messageID, Error: "552 5.2.2 over quota", Scope: v1alpha1.MailScopeRecipient, MailboxFull: true}
		o.Mail.Attempts = 90 // after days of another trouble
		for _, after := range []time.Duration{0, time.Hour, 24*time.Hour - time.Second} {
			onboarding.Record(o, full, noon.Add(after))
			Expect(o.Mail.State).To(Equal(v1alpha1.MailQueued))
			Expect(onboarding.AwaitsPlatform(o)).To(BeFalse())
		}
		onboarding.Record(o, full, noon.Add(24*time.Hour))
		Expect(o.State).To(Equal(undeliverable))
		Expect(o.Mail).To(And(HaveField("State", v1alpha1.MailFailed), HaveField("NextAttemptTime", BeNil())))
	})

	It("counts no attempt when the mail was not tried", func() {
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

	It("OPS-9 keeps a mail queued that waits for a budget, and adds the time to the link's validity", func() {
		o := queuedIn(invited)
		o.ExpirationTime, o.Mail.LastError = at(noon.Add(time.Hour)), "451 try later"
		hold := attempt.Result{MessageID: messageID, Budget: "20 a day for invitations to one address", RetryAt: noon.Add(29 * time.Minute)}
		onboarding.Record(o, hold, noon)
		next := noon.Add(29*time.Minute + time.Second).Truncate(time.Second)
		Expect(o.Mail).To(Equal(&v1alpha1.MailStatus{
			Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued, MessageID: messageID, Budget: hold.Budget, NextAttemptTime: at(next),
		}))
		Expect(o.ExpirationTime.Time).To(BeTemporally("~", next.Add(time.Hour), time.Second))
		Expect(onboarding.AwaitsBudget(o)).To(BeTrue())
		Expect(onboarding.AwaitsInvitation(o)).To(BeTrue())

		onboarding.Record(o, attempt.Result{MessageID: messageID}, next)
		Expect(o.Mail.State).To(Equal(v1alpha1.MailSent))
		Expect(o.Mail.Budget).To(BeEmpty())
		Expect(onboarding.AwaitsBudget(o)).To(BeFalse())
	})

	It("changes nothing when another mail is the newest, or the result was recorded before", func() {
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

	It("shortens a long error between two characters", func() {
		o := queuedIn(invited)
		onboarding.Record(o, attempt.Result{MessageID: messageID, Error: "451 " + strings.Repeat("€", 500)}, noon)
		Expect(len(o.Mail.LastError)).To(And(BeNumerically("<=", 512), BeNumerically(">", 500)))
		Expect(utf8.ValidString(o.Mail.LastError)).To(BeTrue())
	})
})

var _ = Describe("The next attempt of a mail", func() {
	DescribeTable("is due at once, or at its time", func(o *v1alpha1.OnboardingStatus, wait time.Duration, queued bool) {
		gotWait, gotQueued := onboarding.NextAttempt(o, noon)
		Expect(gotQueued).To(Equal(queued))
		Expect(gotWait).To(Equal(wait))
		Expect(onboarding.Queued(o)).To(Equal(queued))
	},
		Entry("without onboarding: not queued", nil, time.Duration(0), false),
		Entry("without a mail: not queued", &v1alpha1.OnboardingStatus{State: pending}, time.Duration(0), false),
		Entry("of a sent mail: not queued", onboardingIn(invited), time.Duration(0), false),
		Entry("of a new mail", queuedIn(invited), time.Duration(0), true),
		Entry("of a mail that waits", triedAgainAt(noon.Add(time.Minute)), time.Minute, true),
		Entry("of a mail that is due", triedAgainAt(noon), time.Duration(0), true),
		Entry("of a mail that is overdue", triedAgainAt(noon.Add(-time.Hour)), time.Duration(0), true),
	)
})

func triedAgainAt(t time.Time) *v1alpha1.OnboardingStatus {
	o := queuedIn(invited)
	o.Mail.NextAttemptTime = at(t)
	return o
}

var _ = Describe("A Message-ID", func() {
	id := func(uid types.UID, email string, kind v1alpha1.MailKind, count int32) string {
		return onboarding.MessageID(uid, email, kind, count, "usher.example")
	}

	It("is the same for the same mail, whatever the case of the address", func() {
		Expect(id(uid, address, v1alpha1.MailInvitation, 1)).To(Equal(id(uid, "LUIS@acme.example", v1alpha1.MailInvitation, 1)))
		Expect(id(uid, address, v1alpha1.MailInvitation, 1)).To(MatchRegexp(`^<[0-9a-f]{32}@usher\.example>$`))
	})

	It("differs by object, address, kind of mail and send count, and does not contain the address", func() {
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

	It("separates its parts", func() {
		Expect(id("1", "2a@b.c", v1alpha1.MailInvitation, 1)).NotTo(Equal(id("12", "a@b.c", v1alpha1.MailInvitation, 1)))
	})
})
