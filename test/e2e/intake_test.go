// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// intake is a workspace with a mail intake.
type intake struct{ org, address, queue string }

// newIntake creates an organization with a mail intake, and waits until it accepts mails.
func newIntake(ctx context.Context) intake {
	GinkgoHelper()
	org := organization(ctx)
	i := intake{org: org, address: "support@in." + org + ".example", queue: "cola@" + org + ".example"}
	create(ctx, i.workspace("support"))
	Eventually(func() error { return i.knows() }).Should(Succeed())
	return i
}

func (i intake) workspace(name string) *v1alpha1.Workspace {
	return builders.Workspace(i.org, name).With(func(w *v1alpha1.Workspace) {
		w.Spec.Portal = &v1alpha1.CustomerPortal{
			Title: "Help", QueueEmail: v1alpha1.EmailAddress(i.queue), IntakeEmail: v1alpha1.EmailAddress(i.address),
		}
	}).Obj()
}

// knows returns an error if the intake refuses its address as a recipient.
func (i intake) knows() error {
	c, err := greetIntake()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return errors.Join(c.Mail("", nil), c.Rcpt(i.address, nil))
}

func greetIntake() (*smtp.Client, error) {
	conn, err := net.Dial("tcp", usher.IntakeAddr)
	if err != nil {
		return nil, err
	}
	c := smtp.NewClientLMTP(conn)
	return c, c.Hello("mx.test.example")
}

// deliver delivers a mail as the mail server in front does, and returns the refusals by recipient.
func deliver(from, text string, to ...string) error {
	c, err := greetIntake()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Mail(from, nil); err != nil {
		return err
	}
	for _, recipient := range to {
		if err := c.Rcpt(recipient, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	_, err = w.CloseWithLMTPResponse()
	return err
}

// question returns a customer's mail.
func question(from string, n int, more ...string) string {
	lines := append([]string{
		"From: " + from, fmt.Sprintf("Message-ID: <%d.%s@customers.example>", n, localOf(from)), "Subject: help",
	}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\nThe kiosk is dark.\r\n.\r\nEverything\r\n"
}

func localOf(from string) string {
	local, _, _ := strings.Cut(from[strings.LastIndex(from, "<")+1:], "@")
	return local
}

// accountsOf returns the users of an organization with an address.
func accountsOf(ctx context.Context, org, email string) []v1alpha1.OrgUser {
	GinkgoHelper()
	var list v1alpha1.OrgUserList
	Expect(env.Client.List(ctx, &list, client.InNamespace(org), client.MatchingFields{"spec.email": email})).To(Succeed())
	return list.Items
}

var _ = Describe("The mail intake", func() {
	It("LMI-2 LMI-3 LMI-5 LMI-6 creates a Limited account for the first mail only, and both mails reach the queue unchanged",
		func(ctx context.Context) {
			i := newIntake(ctx)
			c, plain := "claire.johnson@customers.example", "clairejohnson@customers.example"
			for n, from := range []string{`"=?utf-8?q?ana=40acme?=" <` + c + ">", c, plain, plain} {
				Expect(deliver(c, question(from, n), i.address)).To(Succeed())
			}
			for email, name := range map[string]string{c: "Claire Johnson", plain: "Clairejohnson Clairejohnson"} {
				user := userOf(ctx, i.org, email)
				Eventually(get(ctx, user)).Should(HaveField("Status.State", v1alpha1.UserActive))
				Expect(user.Status.DisplayName).To(Equal(name))
				Expect(user.Spec.DisplayName).To(BeEmpty())
				Expect(user.Spec.Access).To(Equal(v1alpha1.AccessLimited))
				Expect(user.Labels).To(HaveKeyWithValue(v1alpha1.LabelOrigin, v1alpha1.OriginIntake))
				Expect(user.Status.Workspaces).To(BeEmpty())
				Expect(mailsTo(email)).To(BeEmpty(), "no invitation")
			}
			got := mailsTo(i.queue)
			Expect(got).To(HaveLen(4))
			for n, m := range got {
				Expect(m.EnvelopeFrom).To(Equal("usher@usher.example"))
				Expect(m.Header.Get("Usher-Intake")).To(Equal(i.address))
				Expect(m.MessageID).To(HavePrefix(fmt.Sprintf("<%d.", n)))
				Expect(string(m.Raw)).To(HaveSuffix("\r\nSubject: help\r\n\r\nThe kiosk is dark.\r\n.\r\nEverything\r\n"))
			}
		})

	It("LMI-7 leaves a full account and its name unchanged", func(ctx context.Context) {
		i := newIntake(ctx)
		full := builders.OrgUser(i.org, "eva").With(func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Eva Sanz" }).Existing().Obj()
		create(ctx, full)
		awaitReady(ctx, full)
		before := full.DeepCopy()
		email := string(full.Spec.Email)
		Expect(deliver(email, question(`"Somebody Else" <`+strings.ToUpper(email)+">", 1), i.address)).To(Succeed())
		Expect(mailsTo(i.queue)).To(HaveLen(1))
		Expect(get(ctx, full)(Default).Spec).To(Equal(before.Spec))
		Expect(full.Status.DisplayName).To(Equal("Eva Sanz"))
		Expect(full.ResourceVersion).To(Equal(before.ResourceVersion))
		Expect(accountsOf(ctx, i.org, strings.ToUpper(email))).To(BeEmpty())
	})

	It("LMI-3 creates one account for a sender whose mails arrive concurrently", func(ctx context.Context) {
		i := newIntake(ctx)
		const mails = 15
		email := "rush@customers.example"
		var group sync.WaitGroup
		for n := range mails {
			group.Go(func() {
				defer GinkgoRecover()
				Expect(deliver(email, question(email, n), i.address)).To(Succeed())
			})
		}
		group.Wait()
		Expect(accountsOf(ctx, i.org, email)).To(HaveLen(1))
		Expect(mailsTo(i.queue)).To(HaveLen(mails))
	})

	It("LMI-3 passes on automatic mails without creating accounts", func(ctx context.Context) {
		i := newIntake(ctx)
		email := "robot@customers.example"
		Expect(deliver("", question(email, 1), i.address)).To(Succeed())
		Expect(deliver(email, question(email, 2, "Auto-Submitted: auto-replied"), i.address)).To(Succeed())
		Expect(deliver(email, question(email, 3, "List-Id: <users.customers.example>"), i.address)).To(Succeed())
		Expect(deliver(email, question("MAILER-DAEMON@customers.example", 4), i.address)).To(Succeed())
		Expect(deliver(email, question(email, 5, "Usher-Intake: "+i.address), i.address)).To(
			MatchError(ContainSubstring("routing loop: the mail has already passed through " + i.address)))
		got := mailsTo(i.queue)
		Expect(got).To(HaveExactElements(HaveField("EnvelopeFrom", ""), HaveField("EnvelopeFrom", "usher@usher.example"),
			HaveField("EnvelopeFrom", "usher@usher.example"), HaveField("EnvelopeFrom", "usher@usher.example")))
		var users v1alpha1.OrgUserList
		Expect(env.Client.List(ctx, &users, client.InNamespace(i.org))).To(Succeed())
		Expect(users.Items).To(HaveLen(1), "the administrator")
	})

	It("LMI-3 refuses unknown addresses permanently, and those of an organization that does not exist yet temporarily", func(ctx context.Context) {
		i := intake{org: env.Namespace(ctx, "org")}
		i.address, i.queue = "support@in."+i.org+".example", "cola@"+i.org+".example"
		Expect(i.knows()).To(MatchError(ContainSubstring("no workspace receives mail at " + i.address)))
		create(ctx, i.workspace("support"))
		Eventually(func() error { return i.knows() }).Should(MatchError(ContainSubstring("451: the organization of " + i.address +
			" is not ready: try again later")))
		create(ctx, builders.Organization(i.org).Obj())
		Eventually(func() error { return i.knows() }).Should(Succeed())
	})

	It("LMI-3 serves one workspace per address: refuses a second one, or serves the oldest if it was created past the webhooks",
		func(ctx context.Context) {
			i := newIntake(ctx)
			other := organization(ctx)
			second := i.workspace("under") // of two created in the same second, the first by name has the address
			err := env.Client.Create(ctx, second.DeepCopy())
			Expect(err).To(BeRefused(422, `is already the intake address of workspace "support"`))
			foreign := i.workspace("foreign")
			foreign.Namespace = other
			Expect(env.Client.Create(ctx, foreign.DeepCopy())).To(BeRefused(422, "is already the intake address of a workspace of another organization"))

			Expect(pastWebhooks().Create(ctx, second)).To(Succeed())
			Eventually(get(ctx, second)).Should(HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonIntakeTaken))
			Expect(deliver("a@customers.example", question("a@customers.example", 1), i.address)).To(Succeed())
			first := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: i.org, Name: "support"}}
			edit(ctx, first, func(w *v1alpha1.Workspace) { w.Spec.Portal = nil })
			awaitReady(ctx, second)
		})
})

var _ = Describe("The mail intake while the queue's mail server is down", func() {
	It("LMI-3 answers so, stores nothing, and creates no second account when the mail is delivered again", func(ctx context.Context) {
		i := newIntake(ctx)
		DeferCleanup(func() { box.SetTrouble(mailbox.None{}) })
		email := "late@customers.example"
		box.SetTrouble(mailbox.RefuseRecipients(func(to string) error {
			if to == i.queue {
				return smtpError(451, "try later")
			}
			return nil
		}))
		send := func() error { return deliver(email, question(email, 1), i.address) }
		for range 3 {
			Expect(send()).To(MatchError(ContainSubstring("the queue of " + i.address + " is not accepting mail at the moment: try again later")))
		}
		box.SetTrouble(mailbox.RefuseRecipients(func(to string) error {
			if to == i.queue {
				return smtpError(550, "mailbox of "+to+" is unknown")
			}
			return nil
		}))
		err := send()
		Expect(err).To(MatchError(ContainSubstring("permanently refused the mail (it answered 550)")))
		Expect(err).NotTo(MatchError(ContainSubstring(i.queue)))
		Eventually(func(g Gomega) []eventsv1.Event {
			var list eventsv1.EventList
			g.Expect(env.Client.List(ctx, &list, client.InNamespace(i.org))).To(Succeed())
			return list.Items
		}).Should(ContainElement(And(HaveField("Reason", "MailRefused"), HaveField("Regarding.Name", "support"),
			HaveField("Note", And(ContainSubstring(i.queue), ContainSubstring("550"), Not(ContainSubstring(email)))))))
		box.SetTrouble(mailbox.None{})
		Expect(send()).To(Succeed())
		Expect(mailsTo(i.queue)).To(HaveLen(1))
		Expect(accountsOf(ctx, i.org, email)).To(HaveLen(1))
	})
})
