// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"math"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Somebody declared without an Invitation", func() {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r := &orgUserReconciler{Dependencies{Now: func() time.Time { return noon }, MailDomain: "usher.example"}}
	overdue := ptr.To(metav1.NewTime(noon.Add(-time.Hour)))

	facts := func(b builders.OrgUserBuilder, o *v1alpha1.OnboardingStatus) effective.UserFacts {
		u := b.Obj()
		u.UID, u.Status.Onboarding = "7b1d3c52-3c0f-4b8e-9d55-0a4f6f2f3a11", o
		return effective.UserFacts{User: u, Organization: builders.Organization("acme").Obj()}
	}
	luis := builders.OrgUser("acme", "luis")

	It("is invited, for a week", func() {
		f := facts(luis, nil)
		Expect(r.onboard(&f)).To(Equal(7 * 24 * time.Hour))
		Expect(f.User.Status.Onboarding.State).To(Equal(v1alpha1.RecipientInvited))
		Expect(f.User.Status.Onboarding.Mail.State).To(Equal(v1alpha1.MailQueued))
		Expect(f.Onboarding).To(BeIdenticalTo(f.User.Status.Onboarding))
	})

	It("expires", func() {
		f := facts(luis, &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, SendCount: 1, ExpirationTime: overdue})
		Expect(r.onboard(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding.State).To(Equal(v1alpha1.RecipientExpired))
	})

	It("is not looked at for a mail that is to be tried again, which is the delivery's", func() {
		f := facts(luis, &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive, Mail: &v1alpha1.MailStatus{
			Kind: v1alpha1.MailWelcome, State: v1alpha1.MailQueued, NextAttemptTime: ptr.To(metav1.NewTime(noon.Add(time.Minute))),
		}})
		f.User.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
		Expect(r.onboard(&f)).To(BeZero())
	})

	DescribeTable("stays as he is, and nothing waits for him", func(change func(*effective.UserFacts)) {
		state := v1alpha1.OnboardingStatus{
			State: v1alpha1.RecipientInvited, SendCount: 1, ExpirationTime: overdue,
			Mail: &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued, NextAttemptTime: overdue},
		}
		f := facts(luis, state.DeepCopy())
		change(&f)
		Expect(r.onboard(&f)).To(BeZero(), "what nobody acts on must not bring another pass")
		Expect(*f.User.Status.Onboarding).To(Equal(state))
	},
		Entry("without an organization", func(f *effective.UserFacts) { f.Organization = nil }),
		Entry("behind another with the address", func(f *effective.UserFacts) { f.Elder = "first" }),
		Entry("while being deleted", func(f *effective.UserFacts) { f.User.DeletionTimestamp = overdue }),
		Entry("whose identity exists already", func(f *effective.UserFacts) { f.User.Spec.Onboarding = v1alpha1.OnboardingNone }),
	)

	DescribeTable("LMI-1 is not invited as a Limited account, and a link that is out dies", func(state, becomes v1alpha1.RecipientState) {
		f := facts(luis.Limited(), &v1alpha1.OnboardingStatus{State: state, SendCount: 1, Mail: &v1alpha1.MailStatus{State: v1alpha1.MailQueued}})
		Expect(r.onboard(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding.State).To(Equal(becomes))
		Expect(ownerOf(f.User)).To(BeEmpty())
		if becomes == v1alpha1.RecipientRevoked {
			Expect(f.User.Status.Onboarding).To(And(HaveField("RevocationReason", v1alpha1.RevokedAccessLimited), HaveField("Mail", BeNil())))
		}
	},
		Entry(nil, v1alpha1.RecipientPending, v1alpha1.RecipientRevoked),
		Entry(nil, v1alpha1.RecipientInvited, v1alpha1.RecipientRevoked),
		Entry(nil, v1alpha1.RecipientRegistered, v1alpha1.RecipientRevoked),
		Entry(nil, v1alpha1.RecipientActive, v1alpha1.RecipientActive),
	)

	It("LMI-12 is invited when a Limited account is made Full, anew when it was invited before", func() {
		f := facts(luis, &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientRevoked, RevocationReason: v1alpha1.RevokedAccessLimited, SendCount: 1})
		Expect(r.onboard(&f)).To(Equal(7 * 24 * time.Hour))
		Expect(*f.Onboarding).To(And(HaveField("State", v1alpha1.RecipientInvited), HaveField("SendCount", BeEquivalentTo(2)),
			HaveField("Mail.State", v1alpha1.MailQueued)))
		f = facts(luis.Limited(), nil)
		Expect(r.onboard(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding).To(BeNil())
	})

	It("is not whom an Invitation invites", func() {
		f := facts(luis.With(func(u *v1alpha1.OrgUser) { u.Labels = map[string]string{v1alpha1.LabelInvitation: "team"} }), nil)
		Expect(r.onboard(&f)).To(BeZero())
		Expect(f.User.Status.Onboarding).To(BeNil())
	})
})

var _ = Describe("The resend annotation", func() {
	sent := func(value, observed string) *v1alpha1.Invitation {
		i := builders.Invitation("acme", "team", "a@acme.example").Resend(value).Obj()
		i.Status.ObservedResend = observed
		i.Status.Recipients = []v1alpha1.RecipientStatus{{Email: "a@acme.example"}}
		return i
	}

	DescribeTable("WXP-7 asks once for each new value", func(value, observed string, wanted bool) {
		i := sent(value, observed)
		Expect(resendWanted(i, &i.Status.ObservedResend)).To(Equal(wanted))
		Expect(resendWanted(i, &i.Status.ObservedResend)).To(BeFalse(), "the same value again")
	},
		Entry("none", "", "", false),
		Entry("the first", "1", "", true),
		Entry("another", "2", "1", true),
		Entry("the same", "1", "1", false),
		Entry("taken away", "", "1", false),
		Entry("a very long one", strings.Repeat("x", 5000), "1", true),
		Entry("a long one, cut in the middle of a character", strings.Repeat("x", 255)+"€", "1", true),
	)
})

var _ = Describe("The user of an invited person", func() {
	It("ORG-22 NOV-4 is declared as the Invitation says, and known to be made for it", func() {
		i := builders.Invitation("acme", "team", "luis@acme.example").Role(v1alpha1.RoleTechnician).
			Workspace("support", v1alpha1.WorkspaceEdit).Groups("helpdesk").Modules("remote-support").Obj()
		u := userFor(i, "luis@acme.example", "Luis Gil")
		Expect(u.Namespace).To(Equal("acme"))
		Expect(u.Name).To(HavePrefix("luis-"))
		Expect(u.Labels).To(Equal(map[string]string{
			"app.kubernetes.io/managed-by": "usher", "accounts.usher.dev/invitation": "team",
		}))
		Expect(u.Spec).To(Equal(v1alpha1.OrgUserSpec{
			Email: "luis@acme.example", DisplayName: "Luis Gil", Role: v1alpha1.RoleTechnician, Onboarding: v1alpha1.OnboardingInvite,
			Workspaces: []v1alpha1.WorkspaceGrant{grant("support", v1alpha1.WorkspaceEdit)},
			Groups:     []v1alpha1.ObjectName{"helpdesk"}, Modules: []v1alpha1.ObjectName{"remote-support"},
		}))
	})

	It("that Usher made for a primary administrator yields to one that somebody declares", func() {
		made := builders.OrgUser("acme", "ana").With(func(u *v1alpha1.OrgUser) {
			u.Labels = map[string]string{v1alpha1.LabelBootstrap: "true"}
		})
		Expect(yields(effective.UserFacts{User: made.Obj(), Elder: "declared"})).To(BeTrue())
		Expect(yields(effective.UserFacts{User: made.Obj()})).To(BeFalse())
		Expect(yields(effective.UserFacts{User: builders.OrgUser("acme", "ana").Obj(), Elder: "first"})).To(BeFalse())
	})
})

var _ = Describe("Small parts", func() {
	DescribeTable("the sooner of two waits", func(a, b, expected time.Duration) {
		Expect(sooner(a, b)).To(Equal(expected))
	},
		Entry("none", 0*time.Second, 0*time.Second, 0*time.Second),
		Entry("one", time.Second, 0*time.Second, time.Second),
		Entry("the other", 0*time.Second, time.Second, time.Second),
		Entry("the shorter", time.Second, time.Minute, time.Second),
		Entry("the shorter, second", time.Minute, time.Second, time.Second),
	)

	It("the union of two lists has each name once, in order", func() {
		a := []string{"bea", "ana"}
		Expect(union(a, []string{"eva", "bea"})).To(Equal([]string{"ana", "bea", "eva"}))
		Expect(a).To(Equal([]string{"bea", "ana"}), "the lists stay as they are")
	})

	It("the difference of two lists is what stands in one only", func() {
		Expect(difference([]string{"ana", "bea"}, []string{"bea", "eva"})).To(ConsistOf("ana", "eva"))
		Expect(difference([]string{"ana"}, []string{"ana"})).To(BeEmpty())
		Expect(difference(nil, nil)).To(BeEmpty())
	})

	It("a change knows what is new, what is gone and what is newest", func() {
		old, young := builders.OrgUser("acme", "old").Obj(), builders.OrgUser("acme", "young").Obj()
		coming, going, staying := change[*v1alpha1.OrgUser]{after: young}, change[*v1alpha1.OrgUser]{before: old},
			change[*v1alpha1.OrgUser]{before: old, after: young}
		Expect([]bool{coming.created(), coming.deleted()}).To(Equal([]bool{true, false}))
		Expect([]bool{going.created(), going.deleted()}).To(Equal([]bool{false, true}))
		Expect([]bool{staying.created(), staying.deleted()}).To(Equal([]bool{false, false}))
		Expect(coming.newest()).To(BeIdenticalTo(young))
		Expect(going.newest()).To(BeIdenticalTo(old))
		Expect(staying.newest()).To(BeIdenticalTo(young))
	})

	It("a conflict ends a pass without noise, another error does not", func() {
		result := ctrl.Result{RequeueAfter: time.Minute}
		Expect(settled(result, nil)).To(Equal(result))
		Expect(settled(result, apierrors.NewConflict(v1alpha1.Resource("orgusers"), "ana", nil))).To(BeZero())
		_, err := settled(result, apierrors.NewNotFound(v1alpha1.Resource("orgusers"), "ana"))
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
	})

	It("a count fits into a status", func() {
		Expect(number(7)).To(HaveValue(BeEquivalentTo(7)))
		Expect(number(math.MaxInt)).To(HaveValue(BeEquivalentTo(math.MaxInt32)))
	})
})
