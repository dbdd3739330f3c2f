// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("The status of an Invitation", func() {
	invitationOf := func(recipients ...*v1alpha1.OnboardingStatus) *v1alpha1.Invitation {
		i := builders.Invitation("acme", "team", "x@acme.example").Obj()
		for n, o := range recipients {
			i.Status.Recipients = append(i.Status.Recipients, v1alpha1.RecipientStatus{
				Email: v1alpha1.EmailAddress(string(rune('a'+n)) + "@acme.example"), OnboardingStatus: *o,
			})
		}
		setConditions(i, true, nil)
		return i
	}

	It("counts recipients by state", func() {
		i := invitationOf(
			builders.Onboarding(v1alpha1.RecipientPending, ""),
			builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientRegistered, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientActive, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientDeclined, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientExpired, v1alpha1.MailSent))
		Expect(i.Status.Summary).To(Equal(v1alpha1.InvitationSummary{
			Total: ptr.To[int32](6), Pending: ptr.To[int32](3), Active: ptr.To[int32](1), Failed: ptr.To[int32](2),
		}))
	})

	It("is Reconciling while a mail or a recipient waits", func() {
		Expect(invitationOf(builders.Onboarding(v1alpha1.RecipientPending, ""))).
			To(matchers.Stand(v1alpha1.ConditionReconciling, "AwaitingMail"))
		Expect(invitationOf(builders.Onboarding(v1alpha1.RecipientActive, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued))).To(matchers.Stand(v1alpha1.ConditionReconciling, "AwaitingMail"))
	})

	It("OPS-9 is Reconciling while a budget is reached, and says for which and when it goes on", func() {
		held := func(after time.Duration) *v1alpha1.OnboardingStatus {
			o := builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued)
			o.Mail.Budget = "1000 an hour for the invitations of an organization"
			o.Mail.NextAttemptTime = &metav1.Time{Time: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC).Add(after)}
			return o
		}
		i := invitationOf(held(time.Hour), held(time.Minute), builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent))
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReconciling, "BudgetReached"))
		Expect(i.Status.Conditions[0].Message).To(HavePrefix("2 messages wait for the platform's budget of 1000 an hour for the invitations of " +
			"an organization: sending goes on at 2026-11-21T10:01:00Z, and nothing is lost; 0 of 3 have accepted"))
	})

	It("is Stalled when an address is refused, and names it", func() {
		i := invitationOf(builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent),
			builders.Onboarding(v1alpha1.RecipientUndeliverable, v1alpha1.MailFailed))
		Expect(i).To(matchers.Stand(v1alpha1.ConditionStalled, "Undeliverable"))
		Expect(i.Status.Conditions[0].Message).To(And(ContainSubstring("refuses b@acme.example ("), ContainSubstring("accounts.usher.dev/resend")))
	})

	It("is Ready when only people can do something", func() {
		i := invitationOf(builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailSent), builders.Onboarding(v1alpha1.RecipientActive, v1alpha1.MailSent))
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReady, "Ready"))
		Expect(i.Status.Conditions[0].Message).To(Equal("1 of 2 have accepted; Invited: a@acme.example"))
		i.Status.Recipients = nil
		setConditions(i, true, nil)
		Expect(i.Status.Conditions[0].Message).To(Equal("nobody is invited"))
	})
})

var _ = Describe("The conditions of an Invitation with failures", func() {
	i := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("bea@acme.example").Obj()
	i.Status.Recipients = []v1alpha1.RecipientStatus{
		{Email: "luis@acme.example", OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending}},
		{Email: "eva@acme.example", OnboardingStatus: *builders.Onboarding(v1alpha1.RecipientUndeliverable, v1alpha1.MailFailed)},
	}
	failures := []string{"luis@acme.example (users are forbidden)"}

	It("name the recipients with the reasons, in place of what waits", func() {
		i := i.DeepCopy()
		i.Status.Recipients = append(i.Status.Recipients[:1],
			v1alpha1.RecipientStatus{Email: "sam@acme.example", OnboardingStatus: *builders.Onboarding(v1alpha1.RecipientInvited, v1alpha1.MailQueued)})
		setConditions(i, true, failures)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionReconciling, "Failed"))
		Expect(i.Status.Conditions[0].Message).To(Equal("0 of 2 have accepted; Pending: luis@acme.example; " +
			"Invited: sam@acme.example; failed for luis@acme.example (users are forbidden): Usher retries"))
	})

	It("say first what somebody has to change", func() {
		i := i.DeepCopy()
		setConditions(i, true, failures)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionStalled, "Undeliverable"))
		Expect(i.Status.Conditions[0].Message).To(And(HavePrefix("the mail server refuses eva@acme.example ("),
			HaveSuffix("; failed for luis@acme.example (users are forbidden): Usher retries")))
	})

	It("say first that nobody can accept", func() {
		i := i.DeepCopy()
		setConditions(i, false, failures)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionStalled, "InviterUnauthorized"))
	})

	DescribeTable("stay as they are when mails are recorded", func(change func(*v1alpha1.Invitation)) {
		i := i.DeepCopy()
		setConditions(i, true, nil)
		change(i)
		conditions := i.DeepCopy().Status.Conditions
		i.Status.Recipients[0].State = v1alpha1.RecipientActive
		refreshConditions(i, true)
		Expect(i.Status.Conditions).To(Equal(conditions))
		Expect(i.Status.Summary.Active).To(HaveValue(BeEquivalentTo(1)))
	},
		Entry("after a failure", func(i *v1alpha1.Invitation) {
			i.Status.Recipients = i.Status.Recipients[:1]
			setConditions(i, true, failures)
		}),
		Entry("when the list is malformed", func(i *v1alpha1.Invitation) {
			status.Stalled(i, v1alpha1.ReasonInvalidAddress, "spec.emails: entry 1")
		}),
		Entry("before the newest spec is observed", func(i *v1alpha1.Invitation) { i.Generation++ }),
	)

	It("follow the recipients when mails are recorded, and do not claim that a newer spec is observed", func() {
		i := i.DeepCopy()
		i.Generation, i.Status.ObservedGeneration = 2, 2
		setConditions(i, true, nil)
		i.Status.Recipients = i.Status.Recipients[1:]
		refreshConditions(i, true)
		Expect(i).To(matchers.Stand(v1alpha1.ConditionStalled, "Undeliverable"))
		i.Generation = 3
		refreshConditions(i, true)
		Expect(i.Status.ObservedGeneration).To(BeEquivalentTo(2))
	})
})

var _ = Describe("The message of an Invitation's conditions", func() {
	recipient := func(name string, state v1alpha1.RecipientState) v1alpha1.RecipientStatus {
		return v1alpha1.RecipientStatus{
			Email:            v1alpha1.EmailAddress(name + "@acme.example"),
			OnboardingStatus: v1alpha1.OnboardingStatus{State: state, Mail: &v1alpha1.MailStatus{State: v1alpha1.MailSent}},
		}
	}
	conditionOf := func(authorized bool, recipients ...v1alpha1.RecipientStatus) string {
		i := builders.Invitation("acme", "team", "luis@acme.example").InvitedBy("bea@acme.example").Obj()
		i.Status.Recipients = recipients
		setConditions(i, authorized, nil)
		Expect(i.Status.Conditions[0].Type).To(Equal(v1alpha1.ConditionReady))
		return i.Status.Conditions[0].Reason + ": " + i.Status.Conditions[0].Message
	}
	luis, eva := recipient("luis", v1alpha1.RecipientInvited), recipient("eva", v1alpha1.RecipientActive)

	It("names up to three recipients in each state, and counts the others", func() {
		many := []v1alpha1.RecipientStatus{eva}
		for n := range 5 {
			many = append(many, recipient("p"+strconv.Itoa(n), v1alpha1.RecipientExpired))
		}
		Expect(conditionOf(true, many...)).To(Equal(
			"Ready: 1 of 6 have accepted; Expired: p0@acme.example, p1@acme.example, p2@acme.example and 2 more"))
	})

	It("omits people who were removed from the list", func() {
		gone := recipient("gone", v1alpha1.RecipientRevoked)
		gone.RevocationReason = v1alpha1.RevokedAddressRemoved
		Expect(conditionOf(true, eva, gone)).To(Equal("Ready: 1 of 1 have accepted"))
	})

	It("says which mails and people are waiting, with the last error", func() {
		queued := luis
		queued.Mail = &v1alpha1.MailStatus{State: v1alpha1.MailQueued, LastError: "451 try later"}
		Expect(conditionOf(true, queued, recipient("new", v1alpha1.RecipientPending), eva)).To(Equal("AwaitingMail: 1 mail is waiting to be " +
			"sent (last error: 451 try later), 1 person is waiting to be invited; 1 of 3 have accepted; Pending: new@acme.example; " +
			"Invited: luis@acme.example"))
	})

	It("NOV-9 says that the platform's mail server is the trouble", func() {
		queued := luis
		queued.Mail = &v1alpha1.MailStatus{
			State: v1alpha1.MailQueued, LastError: "550 5.7.60 no permission", LastErrorScope: v1alpha1.MailScopeSender,
		}
		Expect(conditionOf(true, queued)).To(Equal("AwaitingMail: 1 mail is waiting to be sent, because the platform's mail server does not " +
			"accept it, whoever it is to; Usher keeps trying, tell the platform team if it persists (last error: 550 5.7.60 no permission); " +
			"0 of 1 have accepted; Invited: luis@acme.example"))
	})

	It("says whom the mail server refuses and why, which object holds an address, and that the inviter lacks the right", func() {
		bad := recipient("bad", v1alpha1.RecipientUndeliverable)
		bad.Mail = &v1alpha1.MailStatus{State: v1alpha1.MailFailed, LastError: "550 no such user"}
		Expect(conditionOf(true, bad)).To(HavePrefix("Undeliverable: the mail server refuses bad@acme.example (550 no such user): correct " +
			`spec.emails or, once the server takes the mail, send it again: kubectl annotate invitation team -n acme --overwrite ` +
			`accounts.usher.dev/resend="bad@acme.example $(date +%s)"; 0 of 1`))
		held := recipient("held", v1alpha1.RecipientPending)
		held.HeldBy = "Invitation/first"
		Expect(conditionOf(true, held)).To(And(HavePrefix("AddressHeld: 0 of 1"), ContainSubstring("held@acme.example (Invitation/first)")))
		Expect(conditionOf(false, luis)).To(Equal(`InviterUnauthorized: nobody can accept, because the inviter "bea@acme.example" may not give ` +
			`the role "Member". Somebody who may give the role can take the Invitation over, and the links stay valid: kubectl patch ` +
			`invitation team -n acme --type=merge -p '{"spec":{"invitedBy":"<your user name>"}}' (in Git, if that sets spec.invitedBy); ` +
			`0 of 1 have accepted; Invited: luis@acme.example`))
		Expect(conditionOf(false, eva)).To(HavePrefix("Ready"), "nobody is left who could accept")
	})

	It("NOV-4 says who was turned away without an inviter who may give the role, and how they are invited again", func() {
		turned := func(name string) v1alpha1.RecipientStatus {
			r := recipient(name, v1alpha1.RecipientRevoked)
			r.RevocationReason = v1alpha1.RevokedInviterUnauthorized
			return r
		}
		const again = `kubectl annotate invitation team -n acme --overwrite accounts.usher.dev/resend="kim@acme.example pat@acme.example $(date +%s)"`
		without := HavePrefix(`InviterUnauthorized: nobody can accept, because the inviter "bea@acme.example" may not give the role "Member". ` +
			`kim@acme.example, pat@acme.example tried to accept and must be invited again. Somebody who may give the role does so, and ` +
			`becomes the inviter: ` + again + "; 0 of ")
		Expect(conditionOf(false, luis, turned("kim"), turned("pat"))).To(without)
		Expect(conditionOf(false, turned("kim"), turned("pat"))).To(without, "nobody else is left")
		Expect(conditionOf(true, luis, turned("kim"), turned("pat"))).To(HavePrefix(`InviterUnauthorized: kim@acme.example, pat@acme.example tried ` +
			`to accept while the inviter was not allowed to give the role "Member", and must be invited again: ` + again + "; 0 of 3"))
		var many []v1alpha1.RecipientStatus
		for n := range 11 {
			many = append(many, turned(strconv.Itoa(n)))
		}
		Expect(conditionOf(true, many...)).To(And(HavePrefix("InviterUnauthorized: 0@acme.example, 1@acme.example, 2@acme.example and 8 more tried"),
			ContainSubstring(`resend="$(date +%s)"; `)))
	})

	It("says when the list has named as many people over time as the status holds", func() {
		full := make([]v1alpha1.RecipientStatus, 0, maxRecipients)
		for n := range maxRecipients {
			full = append(full, recipient(strconv.Itoa(n), v1alpha1.RecipientActive))
		}
		Expect(conditionOf(true, full...)).To(HavePrefix("TooManyRecipients: this Invitation has named 500 addresses"))
		full[0] = luis
		Expect(conditionOf(true, full...)).To(HavePrefix("Ready: 499 of 500"), "everybody on the list is a recipient")
	})
})
