// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A person who is declared without an Invitation", func() {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r := &Reconciler{now: func() time.Time { return noon }, mailDomain: "usher.example"}
	overdue := ptr.To(metav1.NewTime(noon.Add(-time.Hour)))

	facts := func(b builders.OrgUserBuilder, o *v1alpha1.OnboardingStatus) effective.UserFacts {
		u := b.Obj()
		u.UID, u.Status.Onboarding = "7b1d3c52-3c0f-4b8e-9d55-0a4f6f2f3a11", o
		return effective.UserFacts{User: u, Organization: builders.Organization("acme").Obj()}
	}
	luis := builders.OrgUser("acme", "luis")

	It("is invited, for a week", func() {
		f := facts(luis, nil)
		Expect(r.moveOnboarding(&f)).To(Equal(7 * 24 * time.Hour))
		Expect(f.User.Status.Onboarding.State).To(Equal(v1alpha1.RecipientInvited))
		Expect(f.User.Status.Onboarding.Mail.State).To(Equal(v1alpha1.MailQueued))
		Expect(f.Onboarding).To(BeIdenticalTo(f.User.Status.Onboarding))
	})

	It("WXP-7 is invited again by a request on the OrgUser, also after declining, unless it names somebody else", func() {
		for value, again := range map[string]v1alpha1.RecipientState{
			"1": v1alpha1.RecipientInvited, "luis@acme.example": v1alpha1.RecipientInvited, "eva@acme.example": v1alpha1.RecipientDeclined,
		} {
			f := facts(luis, &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientDeclined, SendCount: 1})
			f.User.Annotations = map[string]string{v1alpha1.AnnotationResend: value}
			r.moveOnboarding(&f)
			Expect(f.User.Status.Onboarding.State).To(Equal(again), value)
			Expect(f.User.Status.ObservedResend).To(Equal(value))
		}
	})

	It("expires", func() {
		f := facts(luis, &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, SendCount: 1, ExpirationTime: overdue})
		Expect(r.moveOnboarding(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding.State).To(Equal(v1alpha1.RecipientExpired))
	})

	It("needs no pass for a mail that is to be tried again, which is up to the delivery", func() {
		f := facts(luis, &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive, Mail: &v1alpha1.MailStatus{
			Kind: v1alpha1.MailWelcome, State: v1alpha1.MailQueued, NextAttemptTime: ptr.To(metav1.NewTime(noon.Add(time.Minute))),
		}})
		f.User.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
		Expect(r.moveOnboarding(&f)).To(BeZero())
	})

	DescribeTable("stays as they are, and needs no other pass", func(change func(*effective.UserFacts)) {
		state := v1alpha1.OnboardingStatus{
			State: v1alpha1.RecipientInvited, SendCount: 1, ExpirationTime: overdue,
			Mail: &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued, NextAttemptTime: overdue},
		}
		f := facts(luis, state.DeepCopy())
		change(&f)
		Expect(r.moveOnboarding(&f)).To(BeZero(), "what nobody acts on must not bring another pass")
		Expect(*f.User.Status.Onboarding).To(Equal(state))
	},
		Entry("without an organization", func(f *effective.UserFacts) { f.Organization = nil }),
		Entry("as a duplicate of another user with the address", func(f *effective.UserFacts) { f.AddressOwner = "first" }),
		Entry("while being deleted", func(f *effective.UserFacts) { f.User.DeletionTimestamp = overdue }),
		Entry("whose identity exists already", func(f *effective.UserFacts) { f.User.Spec.Onboarding = v1alpha1.OnboardingNone }),
	)

	DescribeTable("LMI-1 is not invited as a Limited account, and a link that was sent becomes invalid", func(state, becomes v1alpha1.RecipientState) {
		f := facts(luis.Limited(), &v1alpha1.OnboardingStatus{State: state, SendCount: 1, Mail: &v1alpha1.MailStatus{State: v1alpha1.MailQueued}})
		Expect(r.moveOnboarding(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding.State).To(Equal(becomes))
		Expect((&outbox{Mail: &Mail{now: r.now}, user: f.User}).Pending()).To(BeEmpty())
		if becomes == v1alpha1.RecipientRevoked {
			Expect(f.User.Status.Onboarding).To(And(HaveField("RevocationReason", v1alpha1.RevokedAccessLimited), HaveField("Mail", BeNil())))
		}
	},
		Entry(nil, v1alpha1.RecipientPending, v1alpha1.RecipientRevoked),
		Entry(nil, v1alpha1.RecipientInvited, v1alpha1.RecipientRevoked),
		Entry(nil, v1alpha1.RecipientRegistered, v1alpha1.RecipientRevoked),
		Entry(nil, v1alpha1.RecipientActive, v1alpha1.RecipientActive),
	)

	It("LMI-12 is invited when a Limited account is made Full, and anew if they were invited before", func() {
		f := facts(luis, &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientRevoked, RevocationReason: v1alpha1.RevokedAccessLimited, SendCount: 1})
		Expect(r.moveOnboarding(&f)).To(Equal(7 * 24 * time.Hour))
		Expect(*f.Onboarding).To(And(HaveField("State", v1alpha1.RecipientInvited), HaveField("SendCount", BeEquivalentTo(2)),
			HaveField("Mail.State", v1alpha1.MailQueued)))
		f = facts(luis.Limited(), nil)
		Expect(r.moveOnboarding(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding).To(BeNil())
	})

	It("is not one whom an Invitation invites", func() {
		f := facts(luis.With(func(u *v1alpha1.OrgUser) { u.Labels = map[string]string{v1alpha1.LabelInvitation: "team"} }), nil)
		Expect(r.moveOnboarding(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding).To(BeNil())
	})
})
