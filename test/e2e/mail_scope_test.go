// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// trouble makes the mail server misbehave, as somebody would from outside, until it is ended or the spec ends.
func trouble(method, order string) {
	GinkgoHelper()
	w := httptest.NewRecorder()
	box.ServeHTTP(w, httptest.NewRequest(method, "/trouble", strings.NewReader(order)))
	Expect(w.Code).To(Equal(http.StatusNoContent), w.Body.String())
}

const platformTrouble = "because the platform's mail server does not accept it, whoever it is to"

var _ = Describe("A mail server that refuses the platform", func() {
	DescribeTable("NOV-9 makes nobody Undeliverable, says so once, and gets the mail when it is corrected",
		func(ctx context.Context, order, says string, scope v1alpha1.MailScope) {
			org := organization(ctx)
			luis := "luis@" + org + ".example"
			DeferCleanup(func() { trouble(http.MethodDelete, "") })
			trouble(http.MethodPut, order)
			i := builders.Invitation(org, "team", luis).Obj()
			create(ctx, i)
			Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), And(
				HaveField("State", v1alpha1.MailQueued), HaveField("LastErrorScope", scope), HaveField("NextAttemptTime", Not(BeNil())),
				HaveField("LastError", ContainSubstring(says)))))
			Expect(recipientOf(i, luis).State).To(Equal(v1alpha1.RecipientInvited))
			Eventually(get(ctx, i)).Should(And(HaveCondition("Reconciling", "True", "AwaitingMail"), saying(ContainSubstring(platformTrouble))))
			told := ContainElement(And(HavePrefix("Warning AwaitingMail: "), ContainSubstring(platformTrouble)))
			Eventually(eventsOf(ctx, i)).Should(told)

			trouble(http.MethodDelete, "")
			Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), And(
				HaveField("State", v1alpha1.MailSent), HaveField("LastErrorScope", BeEmpty()))))
			Eventually(get(ctx, i)).Should(BeReady())
			Expect(mailsTo(luis)).To(HaveLen(1))
		},
		Entry("at the greeting", `{"greet": [554, "5.7.1 your host is on a block list"]}`, "554", v1alpha1.MailScopeConnection),
		Entry("for its sender", `{"mail": [550, "5.7.60 SMTP; Client does not have permissions to send as this sender"]}`, "550 5.7.60",
			v1alpha1.MailScopeSender),
		Entry("for its relay", `{"rcpt": [554, "5.7.1 Relay access denied"]}`, "554 5.7.1", v1alpha1.MailScopeSender),
		Entry("for its quota", `{"data": [550, "5.4.5 Daily user sending limit exceeded"]}`, "550 5.4.5", v1alpha1.MailScopeSender),
		Entry("for its content", `{"data": [554, "5.7.1 Message rejected as spam"]}`, "554 5.7.1", v1alpha1.MailScopeMessage),
	)

	It("NOV-9 tells the platform of somebody who is declared without an Invitation", func(ctx context.Context) {
		org := organization(ctx)
		DeferCleanup(func() { trouble(http.MethodDelete, "") })
		trouble(http.MethodPut, `{"mail": [550, "5.7.60 no permission"]}`)
		u := builders.OrgUser(org, "eva").Obj()
		create(ctx, u)
		Eventually(get(ctx, u)).Should(And(HaveCondition("Reconciling", "True", "AwaitingMail"), saying(ContainSubstring(platformTrouble))))
		Eventually(eventsOf(ctx, u)).Should(ContainElement(And(HavePrefix("Warning AwaitingMail: "), ContainSubstring(platformTrouble))))
		trouble(http.MethodDelete, "")
		Eventually(get(ctx, u)).Should(HaveCondition("Ready", "True", "AwaitingAcceptance"))
	})

	It("NOV-9 does not give up on a full mailbox at once", func(ctx context.Context) {
		org := organization(ctx)
		luis := "luis@" + org + ".example"
		DeferCleanup(func() { trouble(http.MethodDelete, "") })
		trouble(http.MethodPut, `{"rcpt": [552, "5.2.2 over quota"], "address": "`+luis+`", "times": 1}`)
		i := builders.Invitation(org, "team", luis).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), And(HaveField("MailboxFullTime", Not(BeNil())),
			HaveField("LastErrorScope", v1alpha1.MailScopeRecipient))))
		Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), sentAfterRetry()))
		Expect(recipientOf(i, luis).Mail.MailboxFullTime).To(BeNil())
	})

	It("LMI-3 is no reason to bounce a customer's mail", func(ctx context.Context) {
		i := newIntake(ctx)
		email := "clara@customers.example"
		DeferCleanup(func() { trouble(http.MethodDelete, "") })
		for _, order := range []string{
			`{"mail": [550, "5.7.60 SMTP; Client does not have permissions to send as this sender"]}`,
			`{"rcpt": [554, "5.7.1 Relay access denied"]}`,
			`{"data": [550, "5.4.5 Daily user sending limit exceeded"]}`,
			`{"rcpt": [552, "5.2.2 over quota"]}`,
		} {
			trouble(http.MethodPut, order)
			Expect(deliver(email, question(email, 1), i.address)).To(MatchError(
				ContainSubstring("451: the queue of "+i.address+" is not accepting mail at the moment: try again later")), order)
		}
		trouble(http.MethodDelete, "")
		Expect(deliver(email, question(email, 1), i.address)).To(Succeed())
		Expect(mailsTo(i.queue)).To(HaveLen(1))
	})
})
