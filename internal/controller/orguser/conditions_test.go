// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// withFullSeats returns an organization with a free seat for whose holder the status has no room.
func withFullSeats(o *v1alpha1.Organization) *v1alpha1.Organization {
	full := builders.Organization(o.Name).Module("desk", 10000).Obj()
	full.Status.Modules = []v1alpha1.ModuleStatus{{Name: "desk", Seats: new(int32(10000)), Used: new(int32(9000))}}
	for n := range 9000 {
		full.Status.Modules[0].Holders = append(full.Status.Modules[0].Holders, string(maxima.Name("person", n)))
	}
	return full
}

// holders has the organization buy seats of a module, which these users have.
func holders(bought int32, users ...string) func(*effective.UserFacts) {
	return func(f *effective.UserFacts) {
		f.Organization = builders.Organization("acme").Module("desk", bought).Obj()
		f.Organization.Status.Modules = []v1alpha1.ModuleStatus{{Name: "desk", Holders: users}}
	}
}

var _ = Describe("The conditions of a user", func() {
	DescribeTable("say that the user is", func(in effective.InForce, change func(*effective.UserFacts), standing, reason, text string) {
		f := effective.UserFacts{User: builders.OrgUser("acme", "luis").Obj(), Organization: builders.Organization("acme").Obj()}
		change(&f)
		setConditions(&scope{user: f.User, facts: f, in: in}, nil)
		Expect(f.User).To(matchers.Stand(standing, reason))
		Expect(f.User.Status.Conditions[0].Message).To(ContainSubstring(text))
	},
		Entry("in force", effective.InForce{State: v1alpha1.UserActive}, func(*effective.UserFacts) {},
			v1alpha1.ConditionReady, "Ready", "the spec is in force"),
		Entry("NOV-13 suspended, as requested", effective.InForce{State: v1alpha1.UserSuspended}, func(*effective.UserFacts) {},
			v1alpha1.ConditionReady, "Suspended", "listed, but has no access"),
		Entry("ORG-4 held as the last administrator", effective.InForce{State: v1alpha1.UserActive, Held: true}, func(*effective.UserFacts) {},
			v1alpha1.ConditionStalled, "LastAdministrator", "Make somebody else OrganizationAdmin first"),
		Entry("about to be dropped from the administrators", effective.InForce{State: v1alpha1.UserActive, Leaving: true}, func(*effective.UserFacts) {},
			v1alpha1.ConditionReconciling, "AwaitingLedger", "waiting to be removed"),
		Entry("waiting for the ledger", effective.InForce{State: v1alpha1.UserActive, AwaitingLedger: true}, func(*effective.UserFacts) {},
			v1alpha1.ConditionReconciling, "AwaitingLedger", "waiting to be added"),
		Entry("ORG-4 waiting for a ledger that is full", effective.InForce{State: v1alpha1.UserActive, AwaitingLedger: true}, func(f *effective.UserFacts) {
			f.Organization.Status.Administrators = make([]string, effective.MaxAdministrators)
		}, v1alpha1.ConditionStalled, "TooManyAdministrators", `organization "acme" has 1000 administrators in force, which is the maximum`),
		Entry("OPS-9 in more workspaces than the status has room for", effective.InForce{
			State: v1alpha1.UserActive, Workspaces: make([]v1alpha1.WorkspaceGrantStatus, 2), OmittedWorkspaces: 3,
		}, func(*effective.UserFacts) {}, v1alpha1.ConditionStalled, "TooManyWorkspaces",
			"has access to 2 workspaces, and the status has no room for 3 more, which are not in force"),
		Entry("OPS-9 in more groups than can be in force", effective.InForce{
			State: v1alpha1.UserActive, Groups: make([]v1alpha1.ObjectName, 2), OmittedGroups: 3,
		}, func(*effective.UserFacts) {}, v1alpha1.ConditionStalled, "TooManyGroups",
			"the user is in 2 groups, and 3 more are not in force: remove the user's address from OrgGroups that the user does not need"),
		Entry("GTA-11 waiting for a seat", effective.InForce{State: v1alpha1.UserActive, AwaitingSeats: []string{"desk"}}, holders(2, "ana", "bea"),
			v1alpha1.ConditionReconciling, "AwaitingSeat",
			`all 2 seats of the module "desk" are taken: the person waits for one that is freed or added to the subscription`),
		Entry("GTA-11 waiting for the only seat", effective.InForce{State: v1alpha1.UserActive, AwaitingSeats: []string{"desk"}}, holders(1, "ana"),
			v1alpha1.ConditionReconciling, "AwaitingSeat", `the only seat of the module "desk" is taken: the person waits for one`),
		Entry("GTA-11 waiting for seats that nobody has bought", effective.InForce{State: v1alpha1.UserActive, AwaitingSeats: []string{"desk"}}, holders(0),
			v1alpha1.ConditionReconciling, "AwaitingSeat", `the subscription has no seats for the module "desk": the person waits for one`),
		Entry("GTA-11 waiting for a seat that has just become free", effective.InForce{State: v1alpha1.UserActive, AwaitingSeats: []string{"desk"}}, holders(1),
			v1alpha1.ConditionReconciling, "AwaitingSeat", `a seat of the module "desk" is free, and given to whoever has waited longest`),
		Entry("GTA-11 without modules that were removed from the subscription",
			effective.InForce{State: v1alpha1.UserActive, AwaitingSeats: []string{"fax", "nix"}}, holders(1, "ana"),
			v1alpha1.ConditionReconciling, "ModulesMissing", "the subscription does not have these modules, or no longer has them: fax, nix. Add them to "+
				`spec.subscription.modules of Organization "acme", or remove them from spec.modules here`),
		Entry("GTA-11 waiting for a seat, and without a removed module",
			effective.InForce{State: v1alpha1.UserActive, AwaitingSeats: []string{"fax", "desk"}}, holders(1, "ana"), v1alpha1.ConditionReconciling,
			"AwaitingSeat", `added to the subscription; the subscription does not have these modules, or no longer has them: fax. `),
		Entry("GTA-11 waiting for a seat that the status has no room for", effective.InForce{State: v1alpha1.UserActive, AwaitingSeats: []string{"desk"}},
			func(f *effective.UserFacts) { f.Organization = withFullSeats(f.Organization) }, v1alpha1.ConditionReconciling, "AwaitingSeat",
			`the organization's status has no room for another holder of a seat of the module "desk": the person waits until somebody gives up a module`),
		Entry("waiting for a workspace", effective.InForce{State: v1alpha1.UserActive, MissingWorkspaces: []string{"sales"}}, func(*effective.UserFacts) {},
			v1alpha1.ConditionReconciling, "WorkspacesMissing", "no namespace yet: sales"),
		Entry("GTA-5 without the workspace that is required", effective.InForce{State: v1alpha1.UserActive, LacksWorkspace: true}, func(*effective.UserFacts) {},
			v1alpha1.ConditionStalled, "WorkspaceRequired", `organization "acme" requires everybody to be in a workspace`),
		Entry("being removed", effective.InForce{State: v1alpha1.UserRemoving}, func(*effective.UserFacts) {},
			v1alpha1.ConditionReconciling, "Removing", "access is being removed"),
		Entry("waiting for the organization", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) { f.Organization = nil },
			v1alpha1.ConditionReconciling, "OrganizationNotFound", `no Organization "acme" in namespace "acme"`),
		Entry("ORG-28 a duplicate of another one with the address", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) { f.AddressOwner = "first" },
			v1alpha1.ConditionStalled, "DuplicateAddress", `user "first" already has the address luis@acme.example`),
		Entry("a duplicate of another one who is being deleted", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.AddressOwner, f.OwnerLeaves = "first", true
		}, v1alpha1.ConditionReconciling, "DuplicateAddress",
			`user "first", which is being deleted, still has the address luis@acme.example: this user follows when that one is gone`),
		Entry("ORG-4 a duplicate who takes over from an administrator", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.AddressOwner, f.TakesOver = "first", true
		}, v1alpha1.ConditionReady, "AwaitingHandover", `this user takes over when that one is deleted`),
		Entry("ORG-4 a duplicate who is taking over from an administrator", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.AddressOwner, f.OwnerLeaves, f.TakesOver = "first", true, true
		}, v1alpha1.ConditionReconciling, "AwaitingHandover", `taking over from user "first", which is being deleted`),
		Entry("about to be invited", effective.InForce{State: v1alpha1.UserPending}, func(*effective.UserFacts) {},
			v1alpha1.ConditionReconciling, "AwaitingMail", "about to be sent"),
		Entry("invited, the mail not out yet", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued)
		}, v1alpha1.ConditionReconciling, "AwaitingMail", "about to be sent"),
		Entry("OPS-9 invited, the mail waiting for a budget", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued)
			f.Onboarding.Mail.Budget = "20 a day for invitations to one address"
			f.Onboarding.Mail.NextAttemptTime = &metav1.Time{Time: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
		}, v1alpha1.ConditionReconciling, "BudgetReached", "1 message waits for the platform's budget of 20 a day for invitations to one address: "+
			"sending goes on at 2026-11-21T10:00:00Z"),
		Entry("OPS-9 invited again by an Invitation, the mail not out yet", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.User.Labels = map[string]string{v1alpha1.LabelInvitation: "team"}
			f.Onboarding = builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued)
			f.Onboarding.SendCount = 2
		}, v1alpha1.ConditionReady, "AwaitingAcceptance", "waiting for the person to accept"),
		Entry("invited again by an Invitation, the mail kept back", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.User.Labels = map[string]string{v1alpha1.LabelInvitation: "team"}
			f.Onboarding = builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued)
			f.Onboarding.SendCount, f.Onboarding.Mail.LastError = 2, "451 try later"
		}, v1alpha1.ConditionReconciling, "AwaitingMail", "about to be sent"),
		Entry("invited: the rest is up to the person", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent)
		}, v1alpha1.ConditionReady, "AwaitingAcceptance", "waiting for the person to accept"),
		Entry("registered", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = builders.Onboarding(v1alpha1.RecipientRegistered, v1alpha1.MailSent)
		}, v1alpha1.ConditionReady, "AwaitingAcceptance", "waiting for the person to accept"),
		Entry("expired", effective.InForce{State: v1alpha1.UserPending}, func(f *effective.UserFacts) {
			f.Onboarding = builders.Onboarding(v1alpha1.RecipientExpired, v1alpha1.MailSent)
		}, v1alpha1.ConditionStalled, "NotInvited", "the invitation is Expired. Send it again with the annotation accounts.usher.dev/resend on the OrgUser"),
		Entry("WXP-7 declined an Invitation, which their OrgUser can have sent again", effective.InForce{State: v1alpha1.UserPending},
			func(f *effective.UserFacts) {
				f.User.Labels = map[string]string{v1alpha1.LabelInvitation: "team"}
				f.Onboarding = builders.Onboarding(v1alpha1.RecipientDeclined, v1alpha1.MailSent)
			}, v1alpha1.ConditionStalled, "NotInvited", "the invitation is Declined. Send it again with the annotation accounts.usher.dev/resend "+
				`on the OrgUser, or remove the address from the Invitation "team"`),
	)
})
