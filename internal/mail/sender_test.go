// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/timing"
)

func newSender(options mail.Options) *mail.Sender {
	GinkgoHelper()
	if options.From == "" {
		options.From = "Usher <usher@acme.example>"
	}
	sender, err := mail.NewSender(options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(sender.Close)
	return sender
}

func message(to string) mail.Message {
	return mail.Message{
		To: to, FromName: "Acme S.A.", MessageID: "<1.luis@usher.acme.example>", ReplyTo: "Ana <ana@acme.example>",
		Rendered: mail.Rendered{Subject: "Invitación del usuario Ana", Text: "á\n" + link + "\n", HTML: "<p>á</p>"},
	}
}

var _ = Describe("Sender", func() {
	Context("with the mailbox", func() {
		var box *mailbox.Mailbox
		var sender *mail.Sender

		BeforeEach(func() {
			box = mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir()})
			Expect(box.Start()).To(Succeed())
			DeferCleanup(box.Close)
			sender = newSender(mail.Options{Address: box.Addr(), TLS: mail.TLSNone})
		})

		It("delivers both parts with all headers", func(ctx SpecContext) {
			Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
			m, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo("luis@acme.example") })
			Expect(err).NotTo(HaveOccurred())
			Expect(m.Malformed).To(BeEmpty())
			Expect(m.Subject).To(Equal("Invitación del usuario Ana"))
			Expect(m.From.String()).To(Equal(`"Acme S.A." <usher@acme.example>`))
			Expect(m.MessageID).To(Equal("<1.luis@usher.acme.example>"))
			Expect(m.Text).To(ContainSubstring("\n" + link))
			Expect(m.HTML).To(Equal("<p>á</p>"))
			Expect(m.Header.Get("Auto-Submitted")).To(Equal("auto-generated"))
			Expect(m.Header.Get("Reply-To")).To(Equal(`"Ana" <ana@acme.example>`))
			date, err := m.Header.Date()
			Expect(err).NotTo(HaveOccurred())
			Expect(date).To(BeTemporally("~", time.Now(), time.Minute))
		}, SpecTimeout(timing.Timeout))

		It("adds no header and no recipient, whatever the values contain", func(ctx SpecContext) {
			m := message("luis@acme.example")
			m.Subject, m.FromName = "a\r\nBcc: eva@acme.example", "b\r\nBcc: eva@acme.example"
			Expect(sender.Send(ctx, m)).To(Succeed())
			got, err := box.Wait(ctx, func(mailbox.Message) bool { return true })
			Expect(err).NotTo(HaveOccurred())
			Expect(got.Header).NotTo(HaveKey("Bcc"))
			Expect(got.EnvelopeTo).To(ConsistOf("luis@acme.example"))
			for _, to := range []string{"a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example, c@d.example", "A <a@b.example>", ""} {
				Expect(mail.IsPermanent(sender.Send(ctx, message(to)))).To(BeTrue(), to)
			}
			m.MessageID = "a@b>\r\nBcc: eva@acme.example"
			Expect(mail.IsPermanent(sender.Send(ctx, m))).To(BeTrue())
		}, SpecTimeout(timing.Timeout))

		It("accepts internationalized addresses", func(ctx SpecContext) {
			Expect(sender.Send(ctx, message("josé@españa.example"))).To(Succeed())
			m, err := box.Wait(ctx, func(mailbox.Message) bool { return true })
			Expect(err).NotTo(HaveOccurred())
			Expect(m.EnvelopeTo).To(ConsistOf("josé@xn--espaa-rta.example"))
		}, SpecTimeout(timing.Timeout))

		It("distinguishes permanent from temporary refusals, and continues with the next mail", func(ctx SpecContext) {
			box.SetFault(func(to string) error {
				switch to {
				case "gone@acme.example":
					return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
				case "grey@acme.example":
					return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "try later"}
				}
				return nil
			})
			gone := sender.Send(ctx, message("gone@acme.example"))
			Expect(gone).To(MatchError(ContainSubstring("no such user")))
			Expect(mail.IsPermanent(gone)).To(BeTrue())
			grey := sender.Send(ctx, message("grey@acme.example"))
			Expect(grey).To(MatchError(ContainSubstring("try later")))
			Expect(mail.IsPermanent(grey)).To(BeFalse())
			Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		}, SpecTimeout(timing.Timeout))

		It("treats a server that is down as temporary", func(ctx SpecContext) {
			Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
			Expect(box.Close()).To(Succeed())
			err := sender.Send(ctx, message("luis@acme.example"))
			Expect(err).To(HaveOccurred())
			Expect(mail.IsPermanent(err)).To(BeFalse())
		}, SpecTimeout(timing.Timeout))
	})

	It("reuses a connection, and opens another when the server has closed it", func(ctx SpecContext) {
		s := startServer(nil)
		sender := newSender(mail.Options{Address: s.addr, TLS: mail.TLSNone})
		for range 5 {
			Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		}
		Expect(s.sessions.Load()).To(BeEquivalentTo(1))
		s.hangUp()
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(s.sessions.Load()).To(BeEquivalentTo(2))
		Expect(s.received()).To(HaveLen(6))
	}, SpecTimeout(timing.Timeout))

	It("sends many mails at once over few connections", func(ctx SpecContext) {
		s := startServer(nil)
		sender := newSender(mail.Options{Address: s.addr, TLS: mail.TLSNone, Connections: 3})
		var group sync.WaitGroup
		for i := range 60 {
			group.Go(func() {
				defer GinkgoRecover()
				Expect(sender.Send(ctx, message(fmt.Sprintf("p%d@acme.example", i)))).To(Succeed())
			})
		}
		group.Wait()
		Expect(s.received()).To(HaveLen(60))
		Expect(s.sessions.Load()).To(BeNumerically("<=", 3))
	}, SpecTimeout(timing.Timeout))

	It("closes an unused connection", func(ctx SpecContext) {
		s := startServer(nil)
		sender := newSender(mail.Options{Address: s.addr, TLS: mail.TLSNone, IdleTimeout: 10 * time.Millisecond})
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		Eventually(ctx, s.open.Load).Should(BeZero())
	}, SpecTimeout(timing.Timeout))

	It("gives up when its context ends, even in the middle of a mail", func(ctx SpecContext) {
		release := make(chan struct{})
		DeferCleanup(func() { close(release) })
		began := make(chan struct{}, 1)
		s := startServer(func(s *server) {
			s.onData = func() error { began <- struct{}{}; <-release; return nil }
		})
		sender := newSender(mail.Options{Address: s.addr, TLS: mail.TLSNone})
		short, cancel := context.WithCancel(ctx)
		go func() { <-began; cancel() }()
		err := sender.Send(short, message("luis@acme.example"))
		Expect(err).To(MatchError(ContainSubstring("canceled")))
		Expect(mail.IsPermanent(err)).To(BeFalse())
	}, SpecTimeout(timing.Timeout))

	It("quotes neither link nor token of a mail that the server refuses", func(ctx SpecContext) {
		s := startServer(func(s *server) {
			s.onData = func() error {
				return &smtp.SMTPError{Code: 554, Message: "blocked: " + link + " AbCdEf0123456789_-AbCdEf0123456789"}
			}
		})
		sender := newSender(mail.Options{Address: s.addr, TLS: mail.TLSNone})
		err := sender.Send(ctx, message("luis@acme.example"))
		Expect(mail.IsPermanent(err)).To(BeTrue())
		Expect(err).To(MatchError(SatisfyAll(ContainSubstring("554"), ContainSubstring("blocked"))))
		Expect(err.Error()).NotTo(SatisfyAny(ContainSubstring("AbCdEf"), ContainSubstring("portal")))
	}, SpecTimeout(timing.Timeout))
})
