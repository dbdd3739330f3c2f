// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/mail/refusal"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/timing"
)

const (
	from = "MAIL FROM:<usher@acme.example>"
	luis = "RCPT TO:<luis@acme.example>"
	gone = "RCPT TO:<gone@acme.example>"
)

// answering returns answers to lines by their prefix.
func answering(answers map[string]string) func(string) string {
	return func(line string) string {
		for begin, answer := range answers {
			if strings.HasPrefix(line, begin) {
				return answer
			}
		}
		return ""
	}
}

var _ = Describe("The session with the server", func() {
	var sender *mail.Sender
	start := func(s *script) *script {
		GinkgoHelper()
		startScript(s)
		sender = newSender(mail.Options{Address: s.addr, TLS: mail.TLSNone, Connections: 1})
		return s
	}

	It("sends the envelope at once if the server offers PIPELINING", func(ctx SpecContext) {
		s := start(&script{hello: "PIPELINING"})
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		envelope := from + " | " + luis + " | DATA"
		Expect(s.mails()).To(Equal([]string{envelope, ".", envelope, "."}))
	}, SpecTimeout(timing.Timeout))

	It("waits for each answer if the server does not", func(ctx SpecContext) {
		s := start(&script{hello: "8BITMIME"})
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(s.mails()).To(Equal([]string{from, luis, "DATA", "."}))
	}, SpecTimeout(timing.Timeout))

	DescribeTable("resets the session after a mail is refused", func(ctx SpecContext, answers map[string]string, want []string) {
		s := start(&script{hello: "PIPELINING", answer: answering(answers)})
		err := sender.Send(ctx, message("gone@acme.example"))
		Expect(err).To(MatchError(ContainSubstring("550 no such user")))
		Expect(mail.IsPermanent(err)).To(BeTrue())
		s.mu.Lock()
		s.answer = nil
		s.mu.Unlock()
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(s.mails()).To(Equal(want))
	},
		Entry("and DATA with it", map[string]string{gone: "550 no such user", "DATA": "503 who to?"},
			[]string{from + " | " + gone + " | DATA", "RSET | " + from + " | " + luis + " | DATA", "."}, SpecTimeout(timing.Timeout)),
		Entry("though DATA is not", map[string]string{gone: "550 no such user", ".": "554 nobody"},
			[]string{from + " | " + gone + " | DATA", ".", "RSET | " + from + " | " + luis + " | DATA", "."}, SpecTimeout(timing.Timeout)),
		Entry("and the empty text is taken", map[string]string{gone: "550 no such user"},
			[]string{from + " | " + gone + " | DATA", ".", "RSET | " + from + " | " + luis + " | DATA", "."}, SpecTimeout(timing.Timeout)),
		Entry("for its text", map[string]string{".": "550 no such user"},
			[]string{from + " | " + gone + " | DATA", ".", from + " | " + luis + " | DATA", "."}, SpecTimeout(timing.Timeout)),
	)

	It("resets the session after the sender is refused, which is permanent for nobody", func(ctx SpecContext) {
		var told []refusal.Scope
		s := startScript(&script{hello: "PIPELINING", answer: answering(map[string]string{
			"MAIL": "550 no such user", "RCPT": "503 first MAIL", "DATA": "503 first MAIL",
		})})
		sender := newSender(mail.Options{
			Address: s.addr, TLS: mail.TLSNone, Connections: 1, OnRefusal: func(scope refusal.Scope) { told = append(told, scope) },
		})
		err := sender.Send(ctx, message("gone@acme.example"))
		Expect(err).To(MatchError(ContainSubstring("the sender was not accepted: 550 no such user")))
		Expect(mail.IsPermanent(err)).To(BeFalse())
		Expect(mail.ScopeOf(err)).To(Equal(refusal.Sender))
		Expect(told).To(Equal([]refusal.Scope{refusal.Sender}))
		s.mu.Lock()
		s.answer = nil
		s.mu.Unlock()
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(s.mails()).To(Equal([]string{from + " | " + gone + " | DATA", "RSET | " + from + " | " + luis + " | DATA", "."}))
	}, SpecTimeout(timing.Timeout))

	It("stops at the first refusal without PIPELINING, and resets the session before the next mail", func(ctx SpecContext) {
		s := start(&script{hello: "8BITMIME", answer: answering(map[string]string{gone: "450 later"})})
		err := sender.Send(ctx, message("gone@acme.example"))
		Expect(mail.IsPermanent(err)).To(BeFalse())
		Expect(err).To(MatchError(ContainSubstring("450 later")))
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(s.mails()).To(Equal([]string{from, gone, "RSET", from, luis, "DATA", "."}))
	}, SpecTimeout(timing.Timeout))

	It("treats a server's own trouble as temporary, whatever the code", func(ctx SpecContext) {
		start(&script{hello: "PIPELINING", answer: answering(map[string]string{"MAIL": "530 sign in first"})})
		err := sender.Send(ctx, message("luis@acme.example"))
		Expect(err).To(MatchError(ContainSubstring("530 sign in first")))
		Expect(mail.IsPermanent(err)).To(BeFalse())
	}, SpecTimeout(timing.Timeout))

	It("requests SMTPUTF8 only if an address needs it", func(ctx SpecContext) {
		s := start(&script{hello: "PIPELINING SMTPUTF8"})
		Expect(sender.Send(ctx, message("jose@españa.example"))).To(Succeed())
		Expect(sender.Send(ctx, message("josé@españa.example"))).To(Succeed())
		Expect(s.mails()[0]).To(HavePrefix(from + " | RCPT TO:<jose@xn--espaa-rta.example> |"))
		Expect(s.mails()[2]).To(HavePrefix(from + " SMTPUTF8 | RCPT TO:<josé@xn--espaa-rta.example> |"))
	}, SpecTimeout(timing.Timeout))

	It("says what to do when the server cannot accept an address", func(ctx SpecContext) {
		s := start(&script{hello: "PIPELINING"})
		Expect(sender.Send(ctx, message("jose@españa.example"))).To(Succeed())
		err := sender.Send(ctx, message("josé@españa.example"))
		Expect(mail.IsPermanent(err)).To(BeTrue())
		Expect(err).To(MatchError(And(ContainSubstring("josé@"), ContainSubstring("use another address"))))
		Expect(s.mails()).To(HaveLen(2), "nothing was asked of the server")
	}, SpecTimeout(timing.Timeout))

	It("takes two round trips per mail", func(ctx SpecContext) {
		const roundTrip = 40 * time.Millisecond
		s := startScript(&script{hello: "PIPELINING"})
		distance, err := mailbox.NewDistance(s.addr, roundTrip)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(distance.Close)
		sender := newSender(mail.Options{Address: distance.Addr(), TLS: mail.TLSNone, Connections: 1})
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		began := time.Now()
		const mails = 5
		for range mails {
			Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		}
		took := time.Since(began)
		AddReportEntry("round trips per mail", float64(took)/float64(mails*roundTrip))
		Expect(took).To(BeNumerically(">=", mails*2*roundTrip))
		Expect(s.mails()).To(HaveLen((mails + 1) * 2))
		Expect(distance.Opened()).To(Equal(1))
	}, SpecTimeout(timing.Timeout))
})
