// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A mail", func() {
	var org string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx)
		DeferCleanup(func() { box.SetFault(nil) })
	})

	It("that is permanently refused makes the recipient Undeliverable, and the status says so", func(ctx context.Context) {
		bad := "gone@" + org + ".example"
		box.SetFault(func(recipient string) error {
			if recipient == bad {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
			}
			return nil
		})
		i := builders.Invitation(org, "team", bad, "sam@"+org+".example").Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonUndeliverable))
		Expect(i).To(KeepKstatus())
		Expect(recipientOf(i, bad)).To(And(
			HaveField("State", v1alpha1.RecipientUndeliverable),
			HaveField("Mail.State", v1alpha1.MailFailed),
			HaveField("Mail.LastError", ContainSubstring("no such user"))))
		Expect(recipientOf(i, "sam@"+org+".example").State).To(Equal(v1alpha1.RecipientInvited))
	})

	It("that is temporarily refused is sent again with the same Message-ID", func(ctx context.Context) {
		busy := "busy@" + org + ".example"
		box.SetFault(func(string) error {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "try again later"}
		})
		i := builders.Invitation(org, "team", busy).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(WithTransform(func(i *v1alpha1.Invitation) *v1alpha1.MailStatus {
			return recipientOf(i, busy).Mail
		}, And(HaveField("Attempts", BeEquivalentTo(1)), HaveField("State", v1alpha1.MailQueued),
			HaveField("NextAttemptTime", Not(BeNil())), HaveField("LastError", ContainSubstring("try again later")))))
		id := recipientOf(i, busy).Mail.MessageID
		Expect(i).To(HaveCondition("Reconciling", metav1.ConditionTrue, v1alpha1.ReasonAwaitingMail))

		box.SetFault(nil)
		message, link := mailTo(ctx, busy, "/i/")
		Expect(message.MessageID).To(Equal(id))
		awaitReady(ctx, i)
		Expect(recipientOf(i, busy).Mail.LastError).To(BeEmpty())
		Expect(visit(ctx, link)).To(Equal(http.StatusOK))
	})

	It("is sent once if the operator is not killed, whatever is written at the same time", func(ctx context.Context) {
		var emails []string
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			emails = append(emails, name+"@"+org+".example")
		}
		i := builders.Invitation(org, "team", emails...).Obj()
		create(ctx, i)
		for range 20 { // writes that race with the recording of what was sent
			edit(ctx, i, func(i *v1alpha1.Invitation) {
				i.Annotations = map[string]string{"example.com/touched": i.ResourceVersion}
			})
		}
		awaitReady(ctx, i)
		counts := map[string]int{}
		all, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		for _, m := range all {
			counts[m.MessageID]++
		}
		for _, email := range emails {
			Expect(counts[recipientOf(i, email).Mail.MessageID]).To(Equal(1), email)
			Expect(mailsTo(email)).To(HaveLen(1))
		}
	})

	It("leaves no trace of its link in objects or events", func(ctx context.Context) {
		email := "sam@" + org + ".example"
		i := builders.Invitation(org, "team", email).Obj()
		create(ctx, i)
		_, link := mailTo(ctx, email, "/i/")
		awaitReady(ctx, i)
		token := link[len(usher.PortalURL+"/i/"):]
		out, _, err := env.Kubectl(ctx, "get", "org,ou,og,inv,ws,events,secrets,configmaps", "-A", "-o", "yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(ContainSubstring(email))
		Expect(out).NotTo(ContainSubstring(token[len(token)-20:]))
	})
})
