// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The platform's budgets", func() {
	var ahead atomic.Int64 // how far the operator's clock is ahead
	limited := func(o *setup.Options) {
		o.Budgets = budget.Limits{OrganizationHour: 3, AddressDay: 2, AddressNoticesDay: 1}
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}
	again := func(ctx context.Context) {
		GinkgoHelper()
		Expect(usher.Stop()).To(Succeed())
		usher = shared.StartOperator(ctx, limited)
	}
	mail := func(email string) func(*v1alpha1.Invitation) v1alpha1.MailStatus {
		return func(i *v1alpha1.Invitation) v1alpha1.MailStatus {
			if m := recipientOf(i, email).Mail; m != nil {
				return *m
			}
			return v1alpha1.MailStatus{}
		}
	}

	It("OPS-9 hold an organization's bulk back, nobody else's and nothing that somebody waits for; a restart forgets and loses nothing",
		func(ctx context.Context) {
			restartOperator(ctx, limited)
			org, other := organization(ctx, english), organization(ctx, english)
			at := func(name string) string { return name + "@" + org + ".example" }
			i := builders.Invitation(org, "team", at("a"), at("b"), at("c"), at("d"), at("e")).Obj()
			create(ctx, i)
			Eventually(get(ctx, i)).Should(saying(HavePrefix("BudgetReached: 2 messages wait for the platform's budget of 3 an hour for the " +
				"invitations of an organization: sending goes on at ")))
			Eventually(eventsOf(ctx, i)).Should(ContainElement(HavePrefix("Warning BudgetReached: 2 messages wait")))
			held := recipientOf(i, at("e"))
			Expect(held.ExpirationTime.Sub(held.Mail.NextAttemptTime.Time)).To(BeNumerically("~", 7*24*time.Hour, time.Minute),
				"the link is valid for its whole time")

			invite(ctx, builders.Invitation(other, "team", "x@"+other+".example").Obj())
			accept(ctx, at("a"), "Ada Lima") // the second mail has a budget of its own
			Eventually(get(ctx, i)).Should(stateOf(at("a"), v1alpha1.RecipientActive, 1))

			By("a restart")
			again(ctx)
			edit(ctx, i, func(i *v1alpha1.Invitation) { i.Spec.Emails = append(i.Spec.Emails, at("f")) })
			Eventually(get(ctx, i)).Should(WithTransform(mail(at("f")), HaveField("Budget", "3 an hour for the invitations of an organization")))
			Expect(mailsTo(at("f"))).To(BeEmpty())

			By("an hour later")
			ahead.Store(int64(time.Hour))
			again(ctx)
			for _, name := range []string{"d", "e", "f"} {
				Eventually(func() int { return len(mailsTo(at(name))) }).Should(Equal(1), name)
			}
			Eventually(get(ctx, i)).Should(saying(HavePrefix("Ready: 1 of 6 have accepted")))
		})

	It("OPS-9 end a loop of resends and of reports at its destination, and say so", func(ctx context.Context) {
		restartOperator(ctx, limited)
		org, o := organizationWithContacts(ctx, v1alpha1.Contact{
			Name: "Desk", Notify: []v1alpha1.Notification{v1alpha1.NotifyReports}, Methods: []v1alpha1.ContactMethod{byMail("desk@org")},
		})
		email := "x@" + org + ".example"
		i := builders.Invitation(org, "team", email).Obj()
		invite(ctx, i)
		for _, value := range []string{"1", "2", "3"} {
			resend(ctx, i, value)
			Eventually(get(ctx, i)).Should(HaveField("Status.ObservedResend", value))
			Eventually(get(ctx, i)).Should(WithTransform(mail(email), Or(HaveField("State", v1alpha1.MailSent), HaveField("Budget", Not(BeEmpty())))))
		}
		Expect(i).To(saying(HavePrefix("BudgetReached: 1 message waits for the platform's budget of 2 a day for invitations to one address")))
		Expect(mailsTo(email)).To(HaveLen(2))

		for _, value := range []string{"1", "2"} {
			edit(ctx, o, func(o *v1alpha1.Organization) { o.Annotations = map[string]string{v1alpha1.AnnotationReport: value} })
			Eventually(get(ctx, o)).Should(HaveField("Status.Notices", And(HaveField("ObservedReport", value),
				HaveField("Report.Deliveries", HaveExactElements(Or(HaveField("State", v1alpha1.NoticeSent), HaveField("Budget", Not(BeEmpty()))))))))
		}
		Expect(mailsTo("desk@" + org + ".example")).To(HaveLen(1))
		Expect(meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionWithinBudget)).To(And(HaveField("Reason", "BudgetReached"),
			HaveField("Message", HavePrefix("1 message waits for the platform's budget of 1 a day for alerts and reports to one address"))))
		awaitReady(ctx, o) // the organization itself is as it should be
	})
})
