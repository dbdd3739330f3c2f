// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// smtpError returns an answer of a mail server.
func smtpError(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

// mailOf returns a function that returns the mail of a recipient in an Invitation's status.
func mailOf(email string) func(*v1alpha1.Invitation) *v1alpha1.MailStatus {
	return func(i *v1alpha1.Invitation) *v1alpha1.MailStatus { return recipientOf(i, email).Mail }
}

// deferredWith matches a mail that failed with an error and waits for its next attempt.
func deferredWith(says string) types.GomegaMatcher {
	return And(Not(BeNil()), HaveField("State", v1alpha1.MailQueued), HaveField("Attempts", BeNumerically(">=", 1)),
		HaveField("NextAttemptTime", Not(BeNil())), HaveField("LastError", ContainSubstring(says)))
}

// sentAfterRetry matches a mail that was accepted at a later attempt.
func sentAfterRetry() types.GomegaMatcher {
	return And(Not(BeNil()), HaveField("State", v1alpha1.MailSent), HaveField("Attempts", BeNumerically(">=", 2)),
		HaveField("NextAttemptTime", BeNil()), HaveField("LastError", BeEmpty()))
}

// troubleByRecipient refuses some recipients and decides the fate of the mails to others.
type troubleByRecipient struct {
	mailbox.None

	refusals map[string]error
	fates    map[string]mailbox.Fate
}

func (t troubleByRecipient) Recipient(to string) error     { return t.refusals[to] }
func (t troubleByRecipient) Text(to []string) mailbox.Fate { return t.fates[to[0]] }

var _ = Describe("A mail server that misbehaves", func() {
	var org string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx)
		DeferCleanup(func() { box.SetTrouble(mailbox.None{}) })
	})

	It("delays only the recipients that it has trouble with, and their mails keep their Message-IDs", func(ctx context.Context) {
		at := func(name string) string { return name + "@" + org + ".example" }
		box.SetTrouble(troubleByRecipient{
			refusals: map[string]error{
				at("grey"):  smtpError(450, "greylisted, come again"),
				at("quota"): smtpError(452, "over quota"),
				at("gone"):  smtpError(550, "no such user"),
			},
			fates: map[string]mailbox.Fate{
				at("busy"):   {Refuse: smtpError(421, "shutting down")},
				at("half"):   {CutAfter: 200},
				at("silent"): {KeepAndCut: true},
			},
		})
		i := builders.Invitation(org, "team", at("grey"), at("quota"), at("gone"), at("busy"), at("half"), at("silent"), at("well")).Obj()
		create(ctx, i)
		said := map[string]string{
			"grey": "450", "quota": "452", "busy": "421", "half": "the mail was sent but not accepted",
			"silent": "the mail was sent but not accepted",
		}
		ids := map[string]string{}
		for name, says := range said {
			Eventually(get(ctx, i)).Should(WithTransform(mailOf(at(name)), deferredWith(says)), name)
			ids[name] = recipientOf(i, at(name)).Mail.MessageID
		}
		Eventually(get(ctx, i)).Should(WithTransform(recipientState(at("gone")), Equal(v1alpha1.RecipientUndeliverable)))
		Expect(recipientOf(i, at("gone")).Mail).To(And(HaveField("State", v1alpha1.MailFailed), HaveField("Attempts", BeEquivalentTo(1)),
			HaveField("LastError", ContainSubstring("550 5.0.0 no such user"))))
		Eventually(get(ctx, i)).Should(WithTransform(mailOf(at("well")), HaveField("State", v1alpha1.MailSent)))
		Expect(mailsTo(at("silent"))).NotTo(BeEmpty(), "the server accepted the mail without an answer")

		box.SetTrouble(mailbox.None{})
		for name := range said {
			Eventually(get(ctx, i)).Should(WithTransform(mailOf(at(name)), sentAfterRetry()), name)
			Expect(recipientOf(i, at(name)).Mail.MessageID).To(Equal(ids[name]))
			Expect(idsOf(at(name))).To(HaveEach(ids[name]))
			arrived := 1
			if name == "silent" {
				arrived = int(recipientOf(i, at(name)).Mail.Attempts) // each attempt
			}
			Expect(mailsTo(at(name))).To(HaveLen(arrived), name)
		}
		Expect(mailsTo(at("well"))).To(HaveLen(1))
		Expect(mailsTo(at("gone"))).To(BeEmpty())
	})

	It("is not flooded with connections while it is down, and gets every mail once when it recovers", func(ctx context.Context) {
		box.SetTrouble(mailbox.Down(smtpError(421, "too busy")))
		before, began := box.Connections(), time.Now()
		var emails []string
		for n := range 60 {
			emails = append(emails, fmt.Sprintf("p%d@%s.example", n, org))
		}
		i := builders.Invitation(org, "team", emails...).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(WithTransform(mailStates, HaveEach(And(
			HaveField("LastError", ContainSubstring("too busy")), HaveField("NextAttemptTime", Not(BeNil()))))))
		attempts := 0
		for _, m := range mailStates(i) {
			attempts += int(m.Attempts)
		}
		// At most one more per second, in case it takes long.
		most := mail.DefaultConnections + int(time.Since(began)/time.Second)
		Expect(box.Connections() - before).To(And(BeNumerically(">", 0), BeNumerically("<=", most)))
		Expect(attempts).To(BeNumerically("<=", box.Connections()-before), "only attempts that were made count")

		box.SetTrouble(mailbox.None{})
		Eventually(get(ctx, i)).Should(WithTransform(mailStates, HaveEach(HaveField("State", v1alpha1.MailSent))))
		for _, email := range emails {
			Expect(mailsTo(email)).To(HaveLen(1))
		}
	})

	It("does not delay anybody's access when it hangs", func(ctx context.Context) {
		eva := "eva@" + org + ".example"
		i := builders.Invitation(org, "team", eva, "sam@"+org+".example").Obj()
		create(ctx, i)
		accept(ctx, eva, "Eva")
		awaitReady(ctx, userOf(ctx, org, eva))
		restartWithMailOptions(ctx, func(o *mail.Options) { o.Timeout = time.Hour }) // no mail times out
		box.SetTrouble(mailbox.Slow(time.Hour))
		for n := range 12 { // more than the workers of any kind
			u := builders.OrgUser(org, fmt.Sprintf("invited-%d", n)).Obj()
			i := builders.Invitation(org, fmt.Sprintf("hangs-%d", n), fmt.Sprintf("h%d@%s.example", n, org)).Obj()
			create(ctx, u, i)
			DeferCleanup(func(ctx context.Context) { // mails that stay queued would delay those of other specs
				Expect(env.Client.Delete(ctx, i)).To(Succeed())
				Expect(env.Client.Delete(ctx, u)).To(Succeed())
			})
		}
		kim := builders.OrgUser(org, "kim").Role(v1alpha1.RoleTechnician).Existing().Obj()
		create(ctx, kim)
		awaitReady(ctx, kim)
		Eventually(can(ctx, string(kim.Spec.Email), "get", "orgusers", org)).Should(BeTrue())
	})
})

// mailStates returns the mails of all recipients, or a single empty one if any is missing.
func mailStates(i *v1alpha1.Invitation) []v1alpha1.MailStatus {
	states := []v1alpha1.MailStatus{}
	for _, r := range i.Status.Recipients {
		if r.Mail == nil {
			return []v1alpha1.MailStatus{{}}
		}
		states = append(states, *r.Mail)
	}
	if len(states) == 0 {
		states = append(states, v1alpha1.MailStatus{})
	}
	return states
}

var _ = Describe("An operator with a protected mail server", func() {
	It("reports a wrong password in lastError without quoting it, and sends the mail after a correction", func(ctx context.Context) {
		const password = "correct-horse-battery"
		guarded, ca := guardedMailbox(password)
		file := writeFile("password", "wrong-"+password)
		restart := restartWithMailServer(ctx)
		restart(guarded.Addr(), ca, file)
		org := organization(ctx)
		luis := "luis@" + org + ".example"
		i := builders.Invitation(org, "team", luis).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), deferredWith("535")))
		id := recipientOf(i, luis).Mail.MessageID
		noSecret(i, password)

		By("correcting the password, without a restart")
		overwrite(file, password)
		message, err := guarded.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(luis) })
		Expect(err).NotTo(HaveOccurred())
		Expect(message.MessageID).To(Equal(id))
		Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), sentAfterRetry()))
	})

	DescribeTable("sends nothing over a connection that it does not trust", func(ctx context.Context, protected bool, says string) {
		const password = "correct-horse-battery"
		guarded, ca := guardedMailbox(password)
		restart := restartWithMailServer(ctx)
		address := box.Addr()
		if protected {
			address, ca = guarded.Addr(), ""
		}
		restart(address, ca, writeFile("password", password))
		org := organization(ctx)
		luis := "luis@" + org + ".example"
		i := builders.Invitation(org, "team", luis).Obj()
		create(ctx, i)
		Eventually(get(ctx, i)).Should(WithTransform(mailOf(luis), deferredWith(says)))
		noSecret(i, password)
		Expect(guarded.Count()).To(BeZero())
		Expect(mailsTo(luis)).To(BeEmpty())
	},
		Entry("because its certificate has an unknown CA", true, "certificate"),
		Entry("because STARTTLS is not offered", false, "STARTTLS"),
	)
})

// noSecret checks that no status contains a password or a link.
func noSecret(i *v1alpha1.Invitation, password string) {
	GinkgoHelper()
	for _, r := range i.Status.Recipients {
		Expect(r.Mail.LastError).NotTo(Or(ContainSubstring(password), ContainSubstring("://"), ContainSubstring("/i/")))
		Expect(strings.Fields(r.Mail.LastError)).To(HaveEach(WithTransform(func(s string) int { return len(s) }, BeNumerically("<", 60))))
	}
}
