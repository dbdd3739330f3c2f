// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/timing"
)

func answer(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

var _ = Describe("A server in trouble", func() {
	var box *mailbox.Mailbox
	var sender *mail.Sender
	const to = "luis@acme.example"

	BeforeEach(func() {
		box = mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir()})
		Expect(box.Start()).To(Succeed())
		DeferCleanup(box.Close)
		sender = newSender(mail.Options{Address: box.Addr(), TLS: mail.TLSNone, Timeout: 5 * time.Second})
	})

	ids := func() []string {
		GinkgoHelper()
		messages, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		var ids []string
		for _, m := range messages {
			ids = append(ids, m.MessageID)
		}
		return ids
	}

	// The trouble affects the second mail, over an open connection. By the third mail the server has recovered.
	DescribeTable("causes an error that is retried", func(ctx SpecContext, trouble mailbox.Trouble, says string, kept int) {
		Expect(sender.Send(ctx, message(to))).To(Succeed())
		box.SetTrouble(trouble)
		err := sender.Send(ctx, message(to))
		Expect(err).To(MatchError(ContainSubstring(says)))
		Expect(mail.IsPermanent(err)).To(BeFalse())
		_, notTried := mail.NotTried(err)
		Expect(notTried).To(BeFalse())
		box.SetTrouble(mailbox.None{})
		Expect(sender.Send(ctx, message(to))).To(Succeed())
		Expect(ids()).To(HaveLen(kept))
		Expect(ids()).To(HaveEach("<1.luis@usher.acme.example>"))
	},
		Entry("greylisting", mailbox.RefuseRecipients(func(string) error { return answer(450, "greylisted, try later") }),
			"450", 2, SpecTimeout(timing.Timeout)),
		Entry("over quota", mailbox.RefuseRecipients(func(string) error { return answer(452, "mailbox full") }),
			"452", 2, SpecTimeout(timing.Timeout)),
		Entry("closing in the middle of a session, again and again",
			mailbox.RefuseRecipients(func(string) error { return answer(421, "going down") }),
			"421", 2, SpecTimeout(timing.Timeout)),
		Entry("refusing the text for now", mailbox.FateOfMails(func([]string) mailbox.Fate {
			return mailbox.Fate{Refuse: answer(451, "scanner is away")}
		}), "451", 2, SpecTimeout(timing.Timeout)),
		Entry("dropping the connection in the middle of a mail", mailbox.FateOfMails(func([]string) mailbox.Fate {
			return mailbox.Fate{CutAfter: 100}
		}), "the mail was sent but not accepted", 2, SpecTimeout(timing.Timeout)),
		Entry("dropping the connection instead of answering: the mail arrives twice with one Message-ID",
			mailbox.FateOfMails(func([]string) mailbox.Fate { return mailbox.Fate{KeepAndCut: true} }),
			"the mail was sent but not accepted", 3, SpecTimeout(timing.Timeout)),
	)

	It("gets the mail over a new connection when it closes an old one with 421", func(ctx SpecContext) {
		Expect(sender.Send(ctx, message(to))).To(Succeed())
		var once atomic.Bool
		box.SetTrouble(mailbox.RefuseRecipients(func(string) error {
			if once.CompareAndSwap(false, true) {
				return answer(421, "idle for too long")
			}
			return nil
		}))
		Expect(sender.Send(ctx, message(to))).To(Succeed())
		Expect(box.Connections()).To(Equal(2))
	}, SpecTimeout(timing.Timeout))

	It("is given up on when it does not answer", func(ctx SpecContext) {
		hasty := newSender(mail.Options{Address: box.Addr(), TLS: mail.TLSNone, Timeout: time.Second})
		Expect(hasty.Send(ctx, message(to))).To(Succeed())
		box.SetTrouble(mailbox.Slow(time.Hour))
		err := hasty.Send(ctx, message(to))
		Expect(err).To(MatchError(ContainSubstring("timeout")))
		Expect(mail.IsPermanent(err)).To(BeFalse())
	}, SpecTimeout(timing.Timeout))

	It("gets its mails when it is slow", func(ctx SpecContext) {
		box.SetTrouble(mailbox.Slow(100 * time.Millisecond))
		Expect(sender.Send(ctx, message(to))).To(Succeed())
	}, SpecTimeout(timing.Timeout))

	It("does not lose other mails when it refuses one of many recipients", func(ctx SpecContext) {
		box.SetFault(func(to string) error {
			if to == "p7@acme.example" {
				return answer(550, "no such user")
			}
			return nil
		})
		for n := range 15 {
			err := sender.Send(ctx, message(fmt.Sprintf("p%d@acme.example", n)))
			Expect(mail.IsPermanent(err)).To(Equal(n == 7))
		}
		Expect(box.Count()).To(Equal(14))
		Expect(box.Connections()).To(Equal(1))
	}, SpecTimeout(timing.Timeout))

	It("is tried by only a few of many mails when nobody can connect; the others learn when to retry", func(ctx SpecContext) {
		box.SetTrouble(mailbox.Down(answer(421, "too busy")))
		began := time.Now()
		var notTried, tried atomic.Int32
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				defer GinkgoRecover()
				err := sender.Send(ctx, message(to))
				Expect(err).To(MatchError(And(ContainSubstring("421"), ContainSubstring("too busy"))))
				Expect(mail.IsPermanent(err)).To(BeFalse())
				retryAt, not := mail.NotTried(err)
				if !not {
					tried.Add(1)
					return
				}
				notTried.Add(1)
				Expect(retryAt).To(BeTemporally(">", began))
				Expect(retryAt).To(BeTemporally("<=", time.Now().Add(time.Minute)))
			})
		}
		group.Wait()
		// At most one more per second, in case the 200 take that long.
		Expect(box.Connections()).To(BeNumerically("<=", mail.DefaultConnections+int(time.Since(began)/time.Second)))
		Expect(tried.Load()).To(BeEquivalentTo(box.Connections()))
		Expect(notTried.Load()).To(Equal(200 - tried.Load()))

		box.SetTrouble(mailbox.None{})
		Eventually(ctx, func() error { return sender.Send(ctx, message(to)) }).Should(Succeed())
		Expect(sender.Send(ctx, message(to))).To(Succeed())
	}, SpecTimeout(timing.Timeout))

	It("is quoted without passwords, links and tokens", func(ctx SpecContext) {
		shown := protection()
		const token = "AbCdEf0123456789_-AbCdEf0123456789"
		guarded := mailbox.New(mailbox.Options{
			Dir: GinkgoT().TempDir(), TLS: shown.Server,
			Login: func(_, given string) error { return errors.New("535 wrong: " + given + " " + token) },
		})
		Expect(guarded.Start()).To(Succeed())
		DeferCleanup(guarded.Close)
		refused := newSender(mail.Options{
			Address: guarded.Addr(), TLS: mail.TLSStartTLS, CAFile: shown.File,
			UsernameFile: write("username", "usher"), PasswordFile: write("password", password),
		})
		err := refused.Send(ctx, message(to))
		Expect(err).To(HaveOccurred())
		Expect(mail.IsPermanent(err)).To(BeFalse())
		Expect(err.Error()).NotTo(Or(ContainSubstring(password), ContainSubstring("AbCdEf")))
	}, SpecTimeout(timing.Timeout))
})
