// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/exim"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/timing"
)

var _ = Describe("Debian's Exim", func() {
	var server *exim.Server
	var sender *mail.Sender

	BeforeEach(func() {
		dir, err := os.MkdirTemp("", "usher-exim-") // whoever the server runs as must be able to get there
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(os.RemoveAll, dir)
		server, err = exim.Start(dir)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(server.Stop()).To(Succeed(), server.Log()) })
		sender = newSender(mail.Options{
			Address: server.Addr, TLS: mail.TLSStartTLS, CAFile: server.Authority,
			UsernameFile: write("username", exim.Username), PasswordFile: write("password", exim.Password+"\n"),
		})
	})

	arrived := func(ctx context.Context, count int) map[string]mailbox.Message {
		GinkgoHelper()
		var messages []mailbox.Message
		Eventually(ctx, func() (int, error) {
			var err error
			messages, err = server.Messages()
			return len(messages), err
		}).Should(Equal(count), server.Log)
		byRecipient := map[string]mailbox.Message{}
		for _, m := range messages {
			byRecipient[m.EnvelopeTo[0]] = m
		}
		return byRecipient
	}

	It("accepts mails over STARTTLS with a password, several over each connection", func(ctx SpecContext) {
		const mails = 40
		var group sync.WaitGroup
		for n := range mails {
			group.Go(func() {
				defer GinkgoRecover()
				Expect(sender.Send(ctx, message(fmt.Sprintf("p%d@acme.example", n)))).To(Succeed())
			})
		}
		group.Wait()
		messages := arrived(ctx, mails)
		Expect(messages).To(HaveLen(mails))
		for _, m := range messages {
			Expect(m.Malformed).To(BeEmpty())
			Expect(m.MessageID).To(Equal("<1.luis@usher.acme.example>"))
			Expect(m.Subject).To(Equal("Invitación del usuario Ana"))
			Expect(m.Text).To(Equal("á\n" + link + "\n"))
			Expect(m.HTML).To(Equal("<p>á</p>"))
		}
		log := server.Log()
		Expect(strings.Count(log, " P=esmtpsa ")).To(Equal(mails), "TLS and a password each: %s", log)
		Expect(log).NotTo(ContainSubstring("synchronization error"), "commands came at once where they may")
	}, SpecTimeout(timing.Timeout))

	It("accepts internationalized addresses", func(ctx SpecContext) {
		Expect(sender.Send(ctx, message("jose@españa.example"))).To(Succeed())
		Expect(sender.Send(ctx, message("josé@españa.example"))).To(Succeed())
		messages := arrived(ctx, 2)
		Expect(messages).To(HaveKey("jose@xn--espaa-rta.example"))
		Expect(messages).To(HaveKey("josé@xn--espaa-rta.example"))
		Expect(server.Log()).To(ContainSubstring(" P=utf8esmtpsa "))
		for _, m := range messages {
			Expect(m.Malformed).To(BeEmpty())
		}
	}, SpecTimeout(timing.Timeout))

	It("refuses one mail and accepts the next over the same connection", func(ctx SpecContext) {
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		err := sender.Send(ctx, message("gone@acme.example"))
		Expect(mail.IsPermanent(err)).To(BeTrue())
		Expect(err).To(MatchError(ContainSubstring("550 no such user")))
		Expect(sender.Send(ctx, message("eva@acme.example"))).To(Succeed())
		Expect(arrived(ctx, 2)).To(And(HaveKey("luis@acme.example"), HaveKey("eva@acme.example")))
		Expect(server.Log()).NotTo(ContainSubstring("synchronization error"))
	}, SpecTimeout(timing.Timeout))

	It("refuses a wrong password", func(ctx SpecContext) {
		stranger := newSender(mail.Options{
			Address: server.Addr, TLS: mail.TLSStartTLS, CAFile: server.Authority,
			UsernameFile: write("username", exim.Username), PasswordFile: write("password", "guess"),
		})
		err := stranger.Send(ctx, message("luis@acme.example"))
		Expect(err).To(MatchError(ContainSubstring("535")))
		Expect(mail.IsPermanent(err)).To(BeFalse())
	}, SpecTimeout(timing.Timeout))
})
