// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

// Where an object stands, by its conditions.
const (
	isReady   = "Ready"
	isWorking = "Reconciling"
	isStuck   = "Stalled"
)

// expectStanding checks where an object of generation 0 stands, and why.
func expectStanding(o any, standing, reason string) {
	GinkgoHelper()
	Expect(o).To(matchers.KeepKstatus())
	if standing == isReady {
		Expect(o).To(matchers.HaveCondition("Ready", metav1.ConditionTrue, reason))
		return
	}
	Expect(o).To(matchers.HaveCondition("Ready", metav1.ConditionFalse, reason))
	Expect(o).To(matchers.HaveCondition(standing, metav1.ConditionTrue, reason))
}

func onboardingIn(state v1alpha1.RecipientState, mail v1alpha1.MailState) *v1alpha1.OnboardingStatus {
	o := &v1alpha1.OnboardingStatus{State: state}
	if mail != "" {
		o.Mail = &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: mail}
	}
	return o
}

var _ = Describe("How a user stands", func() {
	DescribeTable("is", func(in effective.InForce, change func(*effective.UserFacts), standing, reason, text string) {
		f := effective.UserFacts{User: builders.OrgUser("acme", "luis").Obj(), Organization: builders.Organization("acme").Obj()}
		change(&f)
		conclusion(f, in)
		expectStanding(f.User, standing, reason)
		Expect(f.User.Status.Conditions[0].Message).To(ContainSubstring(text))
	},
		Entry("in force", effective.InForce{State: v1alpha1.UserActive}, func(*effective.UserFacts) {},
			isReady, "Ready", "the spec is in force"),
		Entry("NOV-13 suspended, as wished", effective.InForce{State: v1alpha1.UserSuspended}, func(*effective.UserFacts) {},
			isReady, "Suspended", "listed, without access"),
		Entry("ORG-4 held as the last administrator", effective.InForce{State: v1alpha1.UserActive, Held: true}, func(*effective.UserFacts) {},
			isStuck, "LastAdministrator", "Make somebody else OrganizationAdmin first"),
		Entry("about to leave the administrators", effective.InForce{State: v1alpha1.UserActive, Leaving: true}, func(*effective.UserFacts) {},
			isWorking, "AwaitingLedger", "waits to leave"),
		Entry("waiting for the ledger", effective.InForce{State: v1alpha1.UserActive, AwaitingLedger: true}, func(*effective.UserFacts) {},
			isWorking, "AwaitingLedger", "waits to be entered"),
		Entry("waiting for a workspace", effective.InForce{State: v1alpha1.UserActive, Missing: []string{"sales"}}, func(*effective.UserFacts) {},
			isWorking, "WorkspacesMissing", "[sales]"),
		Entry("GTA-5 without the workspace that is required", effective.InForce{State: v1alpha1.UserActive, Unplaced: true}, func(*effective.UserFacts) {},
			isStuck, "WorkspaceRequired", `organization "acme" requires a workspace of everybody`),
		Entry("being removed", effective.InForce{State: v1alpha1.UserRemoving}, func(*effective.UserFacts) {},
			isWorking, "Removing", "access is taken back"),
		Entry("waiting for the organization", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) { f.Organization = nil },
			isWorking, "OrganizationNotFound", `no Organization "acme" in namespace "acme"`),
		Entry("ORG-28 behind another one with the address", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) { f.Elder = "first" },
			isStuck, "DuplicateAddress", `user "first" has the address luis@acme.example`),
		Entry("about to be invited", effective.InForce{State: v1alpha1.UserPending}, func(*effective.UserFacts) {},
			isWorking, "AwaitingMail", "about to be sent"),
		Entry("invited, the mail not out yet", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = onboardingIn(v1alpha1.RecipientInvited, v1alpha1.MailQueued)
		}, isWorking, "AwaitingMail", "about to be sent"),
		Entry("invited: the rest is the person's", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = onboardingIn(v1alpha1.RecipientInvited, v1alpha1.MailSent)
		}, isReady, "AwaitingAcceptance", "waits for the person to accept"),
		Entry("registered", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = onboardingIn(v1alpha1.RecipientRegistered, v1alpha1.MailSent)
		}, isReady, "AwaitingAcceptance", "waits for the person to accept"),
		Entry("expired", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = onboardingIn(v1alpha1.RecipientExpired, v1alpha1.MailSent)
		}, isStuck, "NotInvited", "the invitation is Expired. Send again with the annotation accounts.usher.dev/resend on the OrgUser"),
	)
})

var _ = Describe("How an invitation stands", func() {
	invitationOf := func(recipients ...*v1alpha1.OnboardingStatus) *v1alpha1.Invitation {
		i := builders.Invitation("acme", "team", "x@acme.example").Obj()
		for n, o := range recipients {
			i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
				Email: v1alpha1.EmailAddress(string(rune('a'+n)) + "@acme.example"), OnboardingStatus: *o,
			})
		}
		concludeInvitation(i, true)
		return i
	}

	It("is counted", func() {
		i := invitationOf(
			onboardingIn(v1alpha1.RecipientPending, ""),
			onboardingIn(v1alpha1.RecipientInvited, v1alpha1.MailSent),
			onboardingIn(v1alpha1.RecipientRegistered, v1alpha1.MailSent),
			onboardingIn(v1alpha1.RecipientActive, v1alpha1.MailSent),
			onboardingIn(v1alpha1.RecipientDeclined, v1alpha1.MailSent),
			onboardingIn(v1alpha1.RecipientExpired, v1alpha1.MailSent))
		Expect(i.Status.Summary).To(Equal(v1alpha1.InvitationSummary{
			Total: ptr.To[int32](6), Pending: ptr.To[int32](3), Active: ptr.To[int32](1), Failed: ptr.To[int32](2),
		}))
	})

	It("is working while a mail or a recipient waits", func() {
		expectStanding(invitationOf(onboardingIn(v1alpha1.RecipientPending, "")), isWorking, "AwaitingMail")
		expectStanding(invitationOf(onboardingIn(v1alpha1.RecipientActive, v1alpha1.MailSent),
			onboardingIn(v1alpha1.RecipientInvited, v1alpha1.MailQueued)), isWorking, "AwaitingMail")
	})

	It("is stuck on a refused address, and names it", func() {
		i := invitationOf(onboardingIn(v1alpha1.RecipientInvited, v1alpha1.MailSent),
			onboardingIn(v1alpha1.RecipientUndeliverable, v1alpha1.MailFailed))
		expectStanding(i, isStuck, "Undeliverable")
		Expect(i.Status.Conditions[0].Message).To(And(ContainSubstring("refuses b@acme.example ("), ContainSubstring("accounts.usher.dev/resend")))
	})

	It("is ready when the rest is the people's", func() {
		i := invitationOf(onboardingIn(v1alpha1.RecipientInvited, v1alpha1.MailSent), onboardingIn(v1alpha1.RecipientActive, v1alpha1.MailSent))
		expectStanding(i, isReady, "Ready")
		Expect(i.Status.Conditions[0].Message).To(Equal("1 of 2 have accepted; Invited: a@acme.example"))
	})
})

var _ = Describe("How an organization stands", func() {
	standing := func(held string, administrators ...string) *v1alpha1.Organization {
		o := builders.Organization("acme").Obj()
		o.Status.Administrators = administrators
		conclude(o, held, nil)
		return o
	}

	It("is ready with an administrator, and without one yet, for people are declared after it", func() {
		expectStanding(standing("", "ana", "bea"), isReady, "Ready")
		Expect(standing("", "ana", "bea").Status.Conditions[0].Message).To(Equal("2 administrators in force"))
		Expect(standing("", "ana").Status.Conditions[0].Message).To(Equal("1 administrator in force"))
		expectStanding(standing(""), isReady, "NoAdministrator")
	})

	It("GTA-10 is stuck on a ClusterRole that is not grantable, and waits for one that is not there", func() {
		o := builders.Organization("acme").Obj()
		stuck, missing := effective.ModuleProblem{Stuck: true, Message: "fax: label it"}, effective.ModuleProblem{Message: "desk: not there"}
		conclude(o, "", []effective.ModuleProblem{stuck, missing})
		expectStanding(o, isStuck, "ClusterRoleNotGrantable")
		Expect(o.Status.Conditions[0].Message).To(Equal("fax: label it; desk: not there"))
		conclude(o, "", []effective.ModuleProblem{missing})
		expectStanding(o, isWorking, "ClusterRoleNotFound")
	})

	It("LMI-9 counts who is in each group, also in those that only workspaces name", func() {
		going := builders.OrgUser("acme", "gone").Groups("day").Obj()
		going.DeletionTimestamp = ptr.To(metav1.Now())
		users := []*v1alpha1.OrgUser{
			builders.OrgUser("acme", "a").Groups("night", "day").Obj(), builders.OrgUser("acme", "b").Groups("night").Obj(), going,
		}
		w := builders.Workspace("acme", "w").Group("night", v1alpha1.WorkspaceEdit).Group("empty", v1alpha1.WorkspaceEdit).
			Member("x@acme.example", v1alpha1.WorkspaceEdit).Obj()
		Expect(countGroups(users, []*v1alpha1.Workspace{w})).To(Equal([]v1alpha1.GroupStatus{
			{Name: "day", Users: ptr.To[int32](1)}, {Name: "empty", Users: ptr.To[int32](0)}, {Name: "night", Users: ptr.To[int32](2)},
		}))
		Expect(countGroups(nil, nil)).To(BeNil())
	})

	It("ORG-4 is stuck while its last administrator wishes to go", func() {
		o := standing("ana", "ana")
		expectStanding(o, isStuck, "LastAdministrator")
		Expect(o.Status.Conditions[0].Message).To(HavePrefix("ana stays an administrator"))
	})

	It("is counted by what is in force", func() {
		o := builders.Organization("acme").Module("remote-support", 25).Module("service-desk", 1).Obj()
		var users []*v1alpha1.OrgUser
		for n, state := range []v1alpha1.UserState{v1alpha1.UserActive, v1alpha1.UserActive, v1alpha1.UserPending, "", v1alpha1.UserSuspended} {
			u := builders.OrgUser("acme", string(rune('a'+n))).Modules("remote-support").Obj()
			u.Status.State = state
			users = append(users, u)
		}
		count(o, users, []*v1alpha1.Workspace{owned("a"), owned("b"), owned("c")})
		Expect(o.Status.Users).To(Equal(v1alpha1.UserCounts{Total: ptr.To[int32](5), Active: ptr.To[int32](2), Pending: ptr.To[int32](2), Limited: ptr.To[int32](0)}))
		Expect(o.Status.Workspaces).To(HaveValue(BeEquivalentTo(3)))
		Expect(o.Status.Modules).To(Equal([]v1alpha1.ModuleStatus{
			{Name: "remote-support", Seats: ptr.To[int32](25), Used: ptr.To[int32](3), Holders: []string{"a", "b", "c"}},
			{Name: "service-desk", Seats: ptr.To[int32](1), Used: ptr.To[int32](0)},
		}))
	})
})

var _ = Describe("What a user's status shows", func() {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r := &orgUserReconciler{Dependencies{Now: func() time.Time { return noon }}}

	described := func(in effective.InForce, o *v1alpha1.OnboardingStatus, before string) v1alpha1.OrgUserStatus {
		u := builders.OrgUser("acme", "luis").Email("luis.gil@acme.example").Obj()
		u.Status.LastActive = before
		r.describe(effective.UserFacts{User: u, Onboarding: o}, in)
		return u.Status
	}

	It("ORG-17 is Pending as the last activity until the person has accepted, then a time", func() {
		accepted := effective.InForce{State: v1alpha1.UserActive, Accepted: true}
		Expect(described(effective.InForce{State: v1alpha1.UserPending}, nil, "").LastActive).To(Equal("Pending"))
		Expect(described(accepted, nil, "Pending").LastActive).To(Equal("2026-11-21T12:00:00Z"))
		at := &v1alpha1.OnboardingStatus{AcceptanceTime: ptr.To(metav1.NewTime(noon.Add(-time.Hour)))}
		Expect(described(accepted, at, "Pending").LastActive).To(Equal("2026-11-21T11:00:00Z"))
		Expect(described(accepted, at, "2026-11-21T11:30:00Z").LastActive).To(Equal("2026-11-21T11:30:00Z"), "it is not set back")
	})

	It("is the registration only of who has accepted", func() {
		o := &v1alpha1.OnboardingStatus{Registration: &v1alpha1.Registration{DisplayName: "Luis G."}}
		Expect(described(effective.InForce{State: v1alpha1.UserPending}, o, "").DisplayName).To(Equal("Luis Gil"))
		shown := described(effective.InForce{State: v1alpha1.UserActive, Accepted: true}, o, "")
		Expect(shown.DisplayName).To(Equal("Luis G."))
		Expect(shown.Registration).To(Equal(o.Registration))
	})
})
