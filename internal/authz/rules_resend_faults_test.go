// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// requesting returns an update that sets the annotation that asks for another mail.
func requesting(actor authz.Actor, before metav1.Object, value string, f authz.ResendFacts) authz.Request {
	after, is := before.(runtime.Object).DeepCopyObject().(metav1.Object)
	Expect(is).To(BeTrue())
	after.SetAnnotations(map[string]string{v1alpha1.AnnotationResend: value})
	r := update(actor, before, after)
	r.Facts.Resend = f
	return r
}

var _ = Describe("A request to send again", func() {
	ana := person("ana", orgAdmin)
	luis := builders.OrgUser("acme", "luis")
	accepted := func(u *v1alpha1.OrgUser) {
		u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
	}
	byTeam := func(u *v1alpha1.OrgUser) { u.Labels = map[string]string{v1alpha1.LabelInvitation: "team"} }
	moving := func(u *v1alpha1.OrgUser) {
		accepted(u)
		u.Status.Email = "old@acme.example"
		u.Status.EmailChange = &v1alpha1.EmailChangeStatus{Email: "luis@acme.example"}
	}
	recipient := func(state v1alpha1.RecipientState, reason v1alpha1.RevocationReason) *v1alpha1.RecipientStatus {
		return &v1alpha1.RecipientStatus{
			Email: "luis@acme.example", User: "luis", ObservedResend: "old",
			OnboardingStatus: v1alpha1.OnboardingStatus{State: state, RevocationReason: reason},
		}
	}
	invited := authz.ResendFacts{Recipient: recipient(v1alpha1.RecipientInvited, ""), Authorized: true, Inviter: "ana@acme.example"}

	const takeOver = `. Somebody who may can take the Invitation over first, and the links stay valid: kubectl patch invitation team -n acme ` +
		`--type=merge -p '{"spec":{"invitedBy":"<your user name>"}}'`
	judged := func(before metav1.Object, value string, f authz.ResendFacts) []string {
		GinkgoHelper()
		messages := []string{}
		for _, v := range authz.Judge(requesting(ana, before, value, f)) {
			Expect(v).To(And(HaveField("Rule", "resend-effect"), HaveField("Reason", authz.Invalid),
				HaveField("Field", "metadata.annotations[accounts.usher.dev/resend]")))
			messages = append(messages, v.Value+" "+v.Message)
		}
		return messages
	}

	DescribeTable("WXP-7 on an OrgUser is refused, with the reason, for a person who", func(b builders.OrgUserBuilder, value string, f authz.ResendFacts, why ...string) {
		Expect(judged(b.Obj(), value, f)).To(Equal(append([]string{}, why...)))
	},
		Entry("has accepted", luis.With(accepted), "1", authz.ResendFacts{},
			"1 sends nothing, because the person has accepted already: leave the annotation as it was"),
		Entry("has accepted and is suspended", luis.With(accepted).Suspended(), "1", authz.ResendFacts{},
			"1 sends nothing, because the person has accepted already, and is suspended: set spec.suspend to false to give the access back"),
		Entry("is suspended before accepting", luis.Suspended(), "1", authz.ResendFacts{},
			"1 would invite a person who is suspended, and would get no access by accepting: set spec.suspend to false first"),
		Entry("is not invited", luis.Existing(), "1", authz.ResendFacts{},
			"1 sends nothing, because this person is not invited: spec.onboarding is None, and the account is in force without a mail"),
		Entry("has a Limited account", luis.Limited(), "1", authz.ResendFacts{},
			"1 sends nothing, because a Limited account is not invited: set spec.access to Full, which invites the person"),
		Entry("has another account", luis, "1", authz.ResendFacts{AddressOwner: "first"},
			`1 sends nothing, because OrgUser "first" has the address luis@acme.example: delete one of the two, or annotate that one`),
		Entry("was sent a mail by that value", luis.With(func(u *v1alpha1.OrgUser) { u.Status.ObservedResend = "1" }), "1", authz.ResendFacts{},
			`1 was acted on already, and each value sends once: set another one, such as "$(date)"`),
		Entry("but not for one who is invited without an Invitation", luis, "1", authz.ResendFacts{}),
		Entry("has confirmed the new address", luis.With(moving).With(func(u *v1alpha1.OrgUser) { u.Status.EmailChange.ConfirmationTime = &metav1.Time{} }),
			"1", authz.ResendFacts{},
			"1 sends nothing, because the person has confirmed luis@acme.example already: the condition Ready says what it waits for"),
		Entry("but not for one who has still to confirm it", luis.With(moving), "1", authz.ResendFacts{}),
		Entry("is no longer named by the Invitation", luis.With(byTeam), "1", authz.ResendFacts{},
			`1 sends nothing, because Invitation "team" does not invite luis@acme.example any more: add the address to spec.emails of an Invitation`),
		Entry("is invited by somebody who may not do so", luis.With(byTeam), "1",
			authz.ResendFacts{Recipient: invited.Recipient, Inviter: "bea@acme.example"},
			`1 sends nothing, because the inviter "bea@acme.example" may not give what Invitation "team" gives`+takeOver),
		Entry("is invited by nobody who is known", luis.With(byTeam), "1", authz.ResendFacts{Recipient: invited.Recipient},
			`1 sends nothing, because nobody answers for Invitation "team"`+takeOver),
		Entry("was turned away", luis.With(byTeam), "1", authz.ResendFacts{
			Recipient: recipient(v1alpha1.RecipientRevoked, v1alpha1.RevokedInviterUnauthorized), Authorized: true, Inviter: "ana@acme.example",
		},
			`1 sends nothing, because the person tried to accept while the inviter was not allowed to give the role: set the annotation on `+
				`Invitation "team", with the address luis@acme.example in its value`),
		Entry("was sent a mail by the Invitation's OrgUser", luis.With(byTeam), "old", invited,
			`old was acted on already, and each value sends once: set another one, such as "$(date)"`),
		Entry("but not for one whom an Invitation invites", luis.With(byTeam), "1", invited),
		Entry("nor for one who has declined it", luis.With(byTeam), "1",
			authz.ResendFacts{Recipient: recipient(v1alpha1.RecipientDeclined, ""), Authorized: true}),
	)

	team := func(recipients ...v1alpha1.RecipientStatus) *v1alpha1.Invitation {
		i := builders.Invitation("acme", "team").InvitedBy("ana@acme.example").Obj()
		for _, r := range recipients {
			i.Spec.Emails = append(i.Spec.Emails, string(r.Email))
			if r.State != "" {
				i.Status.Recipients = append(i.Status.Recipients, r)
			}
		}
		i.Status.ObservedResend = "old"
		return i
	}
	is := func(name string, state v1alpha1.RecipientState) v1alpha1.RecipientStatus {
		return v1alpha1.RecipientStatus{
			Email: v1alpha1.EmailAddress(name + "@acme.example"), User: name, OnboardingStatus: v1alpha1.OnboardingStatus{State: state},
		}
	}
	active, declined := is("luis", v1alpha1.RecipientActive), is("eva", v1alpha1.RecipientDeclined)
	held, limited := is("sam", v1alpha1.RecipientPending), is("tea", v1alpha1.RecipientRevoked)
	held.HeldBy, limited.RevocationReason = "Invitation/other", v1alpha1.RevokedAccessLimited

	DescribeTable("WXP-7 on an Invitation is refused, with the reason,", func(i *v1alpha1.Invitation, value string, why ...string) {
		Expect(judged(i, value, authz.ResendFacts{})).To(Equal(append([]string{}, why...)))
	},
		Entry("if everybody has accepted", team(active), "1",
			"1 sends nothing, because nobody in spec.emails is left to invite (1 accepted): leave the annotation as it was"),
		Entry("if nobody is left who would get a mail", team(active, declined, held, limited), "1",
			"1 sends nothing, because nobody in spec.emails is left to invite (1 accepted, 1 declined, 1 invited by another object, 1 Limited): "+
				`to send to people who have declined, name them in the value, as in "eva@acme.example 2"`),
		Entry("for the addresses in it that get no mail", team(active, declined, held, limited),
			"luis@acme.example eva@acme.example sam@acme.example tea@acme.example",
			"luis@acme.example has accepted already and would get no mail: leave the address out",
			"sam@acme.example is invited by Invitation/other and not by this Invitation: annotate that object",
			`tea@acme.example has a Limited account, which is not invited: set spec.access of OrgUser "tea" to Full, which invites the person`),
		Entry("for a value that was acted on", team(declined, is("kim", v1alpha1.RecipientInvited)), "old",
			`old was acted on already, and each value sends once: set another one, such as "$(date)"`),
		Entry("but not if somebody is left", team(active, is("kim", v1alpha1.RecipientExpired)), "1"),
		Entry("nor if somebody is yet to be invited", team(active, is("kim", "")), "1"),
		Entry("nor if it names somebody who has declined", team(active, declined), "eva@acme.example"),
	)

	queue := func(email v1alpha1.EmailAddress, state v1alpha1.QueueState) *v1alpha1.Workspace {
		w := builders.Workspace("acme", "support").Obj()
		w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Help", QueueEmail: "cola@acme.example"}
		w.Status.Queue = v1alpha1.QueueStatus{Email: email, State: state, ObservedResend: "old"}
		return w
	}

	DescribeTable("GTA-8 on a Workspace is refused, with the reason,", func(w *v1alpha1.Workspace, value string, why ...string) {
		Expect(judged(w, value, authz.ResendFacts{})).To(Equal(append([]string{}, why...)))
	},
		Entry("without a page", builders.Workspace("acme", "support").Obj(), "1",
			"1 sends nothing, because this Workspace has no spec.portal, whose queue would have an owner to ask: to send an invitation again, "+
				"annotate the Invitation, or the OrgUser of one person"),
		Entry("if the address is in use", queue("cola@acme.example", v1alpha1.QueueConfirmed), "1",
			"1 sends nothing, because cola@acme.example is in use already, and its owner need not be asked: leave the annotation as it was"),
		Entry("if its owner has declined", queue("cola@acme.example", v1alpha1.QueueDeclined), "1",
			"1 sends nothing, because the owner of cola@acme.example has declined and is not asked again: set spec.portal.queueEmail to another address"),
		Entry("for a value that was acted on", queue("cola@acme.example", v1alpha1.QueueRequested), "old",
			`old was acted on already, and each value sends once: set another one, such as "$(date)"`),
		Entry("but not if its owner can be asked again", queue("cola@acme.example", v1alpha1.QueueExpired), "1"),
		Entry("nor if it has a new owner", queue("other@acme.example", v1alpha1.QueueConfirmed), "1"),
	)

	It("WXP-7 is refused on an Organization, whoever asks, and can always be taken back", func() {
		for _, actor := range []authz.Actor{ana, delegate(orgAdmin), platformActor} {
			Expect(authz.Judge(requesting(actor, acme(), "1", authz.ResendFacts{}))).To(ConsistOf(HaveField("Message",
				"sends nothing on an Organization: to send an invitation again, annotate the Invitation, or the OrgUser of one person")))
		}
		for _, o := range []metav1.Object{acme(), luis.With(accepted).Obj(), team(active)} {
			o.SetAnnotations(map[string]string{v1alpha1.AnnotationResend: "1"})
			Expect(authz.Judge(requesting(ana, o, "", authz.ResendFacts{}))).To(BeEmpty())
		}
	})
})
