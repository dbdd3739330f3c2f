// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/exim"
)

const (
	customers  = 30
	mailsEach  = 4
	intakeMail = customers * mailsEach
)

// intakeStory is customers who write to a workspace through a third-party mail server.
type intakeStory struct {
	org, address, queue string
	front               *exim.Server
	over                chan struct{}
}

func (s *intakeStory) customer(n int) string { return fmt.Sprintf("c%02d@customers.example", n) }

func (s *intakeStory) declare(ctx context.Context) {
	for _, o := range []client.Object{
		builders.Organization(s.org).Obj(),
		builders.OrgUser(s.org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj(),
		builders.Workspace(s.org, "support").With(func(w *v1alpha1.Workspace) {
			w.Spec.Portal = &v1alpha1.CustomerPortal{
				Title: "Help", QueueEmail: v1alpha1.EmailAddress(s.queue), IntakeEmail: v1alpha1.EmailAddress(s.address),
			}
		}).Obj(),
	} {
		Eventually(ctx, func() error {
			err := env.Client.Create(ctx, o)
			if apierrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		}).WithTimeout(storyTimeout).Should(Succeed())
	}
}

// write sends all mails to the mail server in front, which accepts them even while the operator is down.
func (s *intakeStory) write() {
	var all sync.WaitGroup
	for n := range customers {
		all.Go(func() {
			defer GinkgoRecover()
			c, err := smtp.Dial(s.front.Addr)
			Expect(err).NotTo(HaveOccurred())
			defer func() { _ = c.Close() }()
			for m := range mailsEach {
				text := fmt.Sprintf("From: %s\r\nMessage-ID: <%d.%d@customers.example>\r\nSubject: help\r\n\r\nThe kiosk is dark, %d.\r\n",
					s.customer(n), n, m, m)
				Expect(c.SendMail(s.customer(n), []string{s.address}, strings.NewReader(text))).To(Succeed())
			}
		})
	}
	all.Wait()
}

// checkUnknownRecipient waits until the mail server in front accepts the intake's address, and checks that it refuses others.
func (s *intakeStory) checkUnknownRecipient(ctx context.Context) {
	GinkgoHelper()
	ask := func(to string) error {
		c, err := smtp.Dial(s.front.Addr)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		return errors.Join(c.Mail(s.customer(0), nil), c.Rcpt(to, nil))
	}
	Eventually(ctx, func() error { return ask(s.address) }).Should(Succeed())
	Expect(ask("nobody" + s.address[strings.IndexByte(s.address, '@'):])).To(MatchError(And(
		ContainSubstring("SMTP error 550"), ContainSubstring("no workspace receives mail at nobody@"))))
}

// arrived counts the mails in the queue by their Message-ID.
func (s *intakeStory) arrived(g Gomega) map[string]int {
	messages, err := box.Messages()
	g.Expect(err).NotTo(HaveOccurred())
	counts := map[string]int{}
	for _, m := range messages {
		if m.SentTo(s.queue) {
			counts[m.MessageID]++
		}
	}
	return counts
}

func (s *intakeStory) awaitAll(ctx context.Context) {
	Eventually(ctx, func(g Gomega) int { return len(s.arrived(g)) }).WithTimeout(storyTimeout).Should(Equal(intakeMail))
	Eventually(ctx, s.front.Waiting).WithTimeout(storyTimeout).Should(BeZero())
}

var _ = Describe("The mail intake behind a third-party mail server, killed at random fault points", func() {
	It("LMI-3 loses no mail and creates one account per sender", func(ctx context.Context) {
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 6))
		usher.deleteSecrets(ctx)
		s := &intakeStory{org: env.Namespace(ctx, "intake"), over: make(chan struct{})}
		s.address, s.queue = "support@in."+s.org+".example", "cola@"+s.org+".example"
		dir, err := os.MkdirTemp("", "usher-exim-") // the server's user must have access to it
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(os.RemoveAll, dir)
		s.front, err = exim.StartFront(dir, exim.Front{Domain: "in." + s.org + ".example", Intake: usher.options.IntakeAddress})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(s.front.Stop()).To(Succeed()) })
		DeferCleanup(func() {
			if CurrentSpecReport().Failed() {
				AddReportEntry("the mail server in front", s.front.Log())
			}
		})

		usher.start(ctx)
		s.declare(ctx)
		s.checkUnknownRecipient(ctx)
		before := usher.killCounts()
		usher.killAt(killPoint{at: mailAccepted, nth: 3})
		var tasks sync.WaitGroup
		DeferCleanup(tasks.Wait)
		tasks.Go(func() {
			defer GinkgoRecover()
			s.write()
			s.awaitAll(ctx)
			close(s.over)
		})
		Eventually(usher.process.Ended()).WithTimeout(storyTimeout).Should(BeClosed())
		usher.awaitKilled()
		usher.releaseLease(ctx)
		for range 3 {
			for _, at := range []faultPoint{inDialogue, inContent, mailAccepted} {
				if !isOver(s.over) {
					k := killPoint{at: at, nth: 1 + random.IntN(4)}
					By(k.String())
					usher.runUntilKilled(ctx, k, s.over)
				}
			}
		}
		usher.runUntil(ctx, s.over)
		kills := usher.killCounts().minus(before)
		s.verify(ctx, kills)
		usher.kill()
		usher.releaseLease(ctx)
	}, SpecTimeout(storyTimeout))
})

func (s *intakeStory) verify(ctx context.Context, kills killCounts) {
	GinkgoHelper()
	counts, duplicates := s.arrived(Default), 0
	for _, n := range counts {
		duplicates += n - 1
	}
	Expect(counts).To(HaveLen(intakeMail))
	bounces, err := s.front.Messages()
	Expect(err).NotTo(HaveOccurred())
	Expect(bounces).To(BeEmpty(), "no sender was told that their mail was refused")
	var users v1alpha1.OrgUserList
	Expect(env.Client.List(ctx, &users, client.InNamespace(s.org), client.MatchingLabels{v1alpha1.LabelOrigin: v1alpha1.OriginIntake})).To(Succeed())
	accounts := map[v1alpha1.EmailAddress]int{}
	for n := range users.Items {
		accounts[users.Items[n].Spec.Email]++
	}
	AddReportEntry("mails", fmt.Sprintf("in %d, in the queue %d, duplicates %d, lost 0; accounts %d of %d senders; %d kills:\n%s",
		intakeMail, len(counts), duplicates, len(accounts), customers, kills.total(), kills), ReportEntryVisibilityAlways)
	Expect(accounts).To(HaveLen(customers))
	Expect(users.Items).To(HaveLen(customers))
	Expect(kills.total()).To(BeNumerically(">=", 4))
	// A kill affects only mails in transit, of which there are no more than connections to the queue's server.
	Expect(duplicates).To(BeNumerically("<=", kills.total()*2))
}
