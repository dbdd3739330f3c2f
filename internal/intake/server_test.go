// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/timing"
)

const claire = "claire@customers.example"

var _ = Describe("The intake", func() {
	var backend *fakeBackend
	BeforeEach(func() { backend = newFakeBackend() })

	It("LMI-3 creates an account for a person's first mail, and none for the second", func() {
		c := connect(listen(backend))
		for range 2 {
			Expect(c.deliver(claire, mailFrom("Claire <claire@customers.example>"), support)).To(
				HaveExactElements("250 2.0.0 passed on to the queue of support@in.acme.example"))
		}
		Expect(backend.accounts()).To(HaveExactElements("acme claire@customers.example"))
		Expect(backend.passed()).To(HaveLen(2))
	})

	It("LMI-7 creates no account for an address that has one, however it is written", func() {
		c := connect(listen(backend))
		Expect(c.deliver("x@customers.example", mailFrom("Somebody Else <ANA@acme.example>"), support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(backend.accounts()).To(BeEmpty())
	})

	It("creates no account for the queue's, the intake's and the operator's address, and passes their mails on", func() {
		c := connect(listen(backend))
		for _, own := range []string{queue, support, "usher@acme.example"} {
			Expect(c.deliver(own, mailFrom(own), support)).To(HaveExactElements(HavePrefix("250 ")))
		}
		Expect(backend.accounts()).To(BeEmpty())
		Expect(backend.passed()).To(HaveLen(3))
	})

	It("passes a mail on unchanged, below its trace fields", func() {
		text := "From: Claire <claire@customers.example>\r\nSubject: =?broken\r\nX-Odd:no blank  \r\n\r\n" +
			"..two dots\r\n.\t\r\nlatin \xe9 \x00\x01\r\n" + strings.Repeat("long", 30000) + "\r\n\r\n\r\n.end"
		wire := strings.ReplaceAll(text, "\r\n.", "\r\n..") + "\r\n"
		Expect(connect(listen(backend)).deliver(claire, wire, support)).To(HaveExactElements(HavePrefix("250 ")))
		got := backend.passed()[0]
		Expect(got.Whole).To(Equal(text + "\r\n"))
		Expect(got.Size).To(BeEquivalentTo(len(text) + 2))
		Expect(got.EightBit).To(BeTrue())
		Expect(got.UTF8Header).To(BeFalse())
		Expect(got.NullSender).To(BeFalse())
		Expect(got.To).To(Equal(queue))
		Expect(got.Trace).To(MatchRegexp(`^Received: from mx\.acme\.example \(\[127\.0\.0\.1\]\)\r\n\tby usher\.acme\.example \(Usher\) ` +
			`with LMTP id [A-Z2-7]{16}\r\n\tfor <support@in\.acme\.example>;\r\n\t[^\r\n]+\r\nUsher-Intake: support@in\.acme\.example\r\n$`))
	})

	It("passes reports on with the null sender, and creates no account", func() {
		Expect(connect(listen(backend)).deliver("", mailFrom(claire), support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(backend.passed()).To(HaveExactElements(HaveField("NullSender", true)))
		Expect(backend.accounts()).To(BeEmpty())
	})

	It("refuses a mail that has passed through it before, but not one that has passed through another intake", func() {
		c := connect(listen(backend))
		round := mailFrom(claire, "Usher-Intake: support@in.acme.example")
		Expect(c.deliver(claire, round, support, sales)).To(HaveExactElements(
			"554 5.4.6 routing loop: the mail has already passed through support@in.acme.example",
			"250 2.0.0 passed on to the queue of sales@in.acme.example"))
		Expect(c.deliver(claire, strings.Repeat("Received: x\r\n", maxHops+1)+mailFrom(claire), support)).To(HaveExactElements(
			"554 5.4.6 routing loop: the mail has more than 100 Received fields"))
		Expect(c.deliver(claire, strings.Repeat("Received: x\r\n", maxHops)+mailFrom(claire), support)).To(HaveExactElements(
			HavePrefix("250 ")))
	})

	It("replies for each recipient, and delivers once to a recipient that is named twice", func(SpecContext) {
		backend.refusal = func(to string) error {
			if to == queue {
				return errTemporary
			}
			return nil
		}
		lmtp := smtp.NewClientLMTP(dial(listen(backend)).Conn) // an independent client
		Expect(lmtp.Hello("mx.acme.example")).To(Succeed())
		Expect(lmtp.Mail(claire, &smtp.MailOptions{Size: 200, Body: smtp.Body8BitMIME})).To(Succeed())
		for _, to := range []string{sales, support, strings.ToUpper(sales)} {
			Expect(lmtp.Rcpt(to, nil)).To(Succeed())
		}
		Expect(lmtp.Rcpt("nobody@in.acme.example", nil)).To(MatchError(ContainSubstring("550")))
		answers := map[string]*smtp.SMTPError{}
		text, err := lmtp.Data()
		Expect(err).NotTo(HaveOccurred())
		_, err = io.WriteString(text, mailFrom(claire))
		Expect(err).NotTo(HaveOccurred())
		_, err = text.CloseWithLMTPResponse()
		var each smtp.LMTPDataError
		Expect(errors.As(err, &each)).To(BeTrue())
		for to, err := range each {
			answers[to] = err
		}
		Expect(answers).To(HaveLen(1))
		Expect(answers[support]).To(And(HaveField("Code", 451), HaveField("Message", ContainSubstring("is not accepting mail at the moment"))))
		Expect(backend.passed()).To(HaveLen(1))
		Expect(lmtp.Quit()).To(Succeed())
	}, SpecTimeout(timing.Timeout))

	It("defers a mail while a step fails, and passes it on once afterwards", func() {
		c := connect(listen(backend, limitedTo(Limits{PerSender: 1, PerWorkspace: 1, PerNetwork: 1, NewAccounts: 1})))
		try := func() string { return c.deliver(claire, mailFrom(claire), support)[0] }
		backend.refusal = func(string) error { return errTemporary }
		for range 5 {
			Expect(try()).To(Equal("451 4.4.1 the queue of support@in.acme.example is not accepting mail at the moment: try again later"))
		}
		backend.refusal = nil
		Expect(try()).To(Equal("250 2.0.0 passed on to the queue of support@in.acme.example"))
		Expect(backend.accounts()).To(HaveLen(1))
		Expect(backend.passed()).To(HaveLen(1))
	})

	It("LMI-3 passes a mail on although its sender's account cannot be created, and creates it with the next mail", func() {
		c := connect(listen(backend))
		send := func() string { return c.deliver(claire, mailFrom(claire), support)[0] }
		backend.create = errBackend
		Expect(send()).To(Equal("250 2.0.0 passed on to the queue of support@in.acme.example"))
		Expect(backend.accounts()).To(BeEmpty())
		backend.create = nil
		Expect(send()).To(HavePrefix("250 "))
		Expect(backend.accounts()).To(HaveLen(1))
		Expect(backend.passed()).To(HaveLen(2))
	})

	It("permanently refuses a mail if the queue does, without quoting its mail server", func() {
		backend.refusal = func(string) error { return errPermanent }
		Expect(connect(listen(backend)).deliver(claire, mailFrom(claire), support)).To(HaveExactElements(
			"554 5.3.0 the mail server of the queue of support@in.acme.example permanently refused the mail (it answered 550)"))
		Expect(backend.reported).To(HaveExactElements(550))
	})

	It("refuses recipients at RCPT", func() {
		c := connect(listen(backend))
		Expect(c.command("MAIL FROM:<>")).To(HavePrefix("250 "))
		Expect(c.command("RCPT TO:<nobody@in.acme.example>")).To(Equal("550 5.1.1 no workspace receives mail at nobody@in.acme.example"))
		Expect(c.command("RCPT TO:<late@in.acme.example>")).To(Equal("451 4.3.0 the organization of late@in.acme.example is not ready: try again later"))
		Expect(c.command("RCPT TO:<new@in.acme.example>")).To(Equal(
			"451 4.3.0 the queue of new@in.acme.example waits for its owner to confirm the address: try again later"))
		Expect(c.command("RCPT TO:<round@in.acme.example>")).To(Equal(
			"451 4.4.6 routing loop: the queue of round@in.acme.example leads back to an intake: try again later"))
		backend.lookup = errBackend
		Expect(c.command("RCPT TO:<" + support + ">")).To(Equal("451 4.3.0 cannot look up support@in.acme.example: try again later"))
		Expect(c.command("DATA")).To(Equal("503 5.5.1 no recipient was accepted"))
	})
})

var _ = Describe("Limits", func() {
	var backend *fakeBackend
	BeforeEach(func() { backend = newFakeBackend() })

	It("apply per sender and workspace", func() {
		c := connect(listen(backend, limitedTo(Limits{PerSender: 2, PerWorkspace: 5})))
		send := func(from, to string) string { return c.deliver(from, mailFrom(from), to)[0] }
		for range 2 {
			Expect(send(claire, support)).To(HavePrefix("250 "))
		}
		Expect(send("CLAIRE@customers.example", support)).To(Equal(
			"452 4.7.1 CLAIRE@customers.example has sent 2 mails to support@in.acme.example within an hour: try again later"))
		Expect(send(claire, sales)).To(HavePrefix("250 "))
		for _, other := range []string{"a@customers.example", "b@customers.example", "c@customers.example"} {
			Expect(send(other, support)).To(HavePrefix("250 "))
		}
		Expect(send("d@customers.example", support)).To(Equal(
			"452 4.7.1 support@in.acme.example has received 5 mails from unknown senders within an hour: try again later"))
		Expect(send("d@customers.example", sales)).To(HavePrefix("250 "))
	})

	It("apply per network of the client", func() {
		c := connect(listen(backend, limitedTo(Limits{PerNetwork: 1})))
		Expect(c.deliver(claire, mailFrom(claire), support, sales)).To(HaveExactElements(
			HavePrefix("250 "), "452 4.7.1 your network has sent 1 mails within an hour: try again later"))
	})

	It("OPS-9 apply to senders nobody vouches for apart, so that they use up nothing of what others may send", func() {
		c := connect(listen(backend, limitedTo(Limits{PerWorkspace: 2, PerNetwork: 3, Unproven: 3, UnprovenPerDomain: 2})))
		send := func(from string) string { return c.deliver(from, mailFrom(from), support)[0] }
		Expect(send("a@spam.example")).To(HavePrefix("250 "))
		Expect(send("a@spam.example")).To(HavePrefix("250 "), "an account that a mail created proves nothing")
		Expect(send("b@spam.example")).To(Equal(
			"452 4.7.1 unknown senders at spam.example have sent 2 mails to support@in.acme.example within an hour: try again later"))
		Expect(send(claire)).To(HavePrefix("250 "), "one domain does not use up what all may send")
		Expect(send("c@other.example")).To(HavePrefix("452 "))
		for range 2 {
			Expect(send("ana@acme.example")).To(HavePrefix("250 "))
		}
		Expect(send("ana@acme.example")).To(Equal(
			"452 4.7.1 support@in.acme.example has received 2 mails within an hour: try again later"))
	})

	It("OPS-9 apply to an organization, however many workspaces it has, and to unknown senders apart", func() {
		c := connect(listen(backend, limitedTo(Limits{PerOrganization: 2})))
		send := func(from, to string) string { return c.deliver(from, mailFrom(from), to)[0] }
		Expect(send("ana@acme.example", support)).To(HavePrefix("250 "))
		Expect(send("ana@acme.example", sales)).To(HavePrefix("250 "))
		Expect(send("ana@acme.example", sales)).To(Equal(
			"452 4.7.1 the organization of sales@in.acme.example has received 2 mails within an hour: try again later"))
		Expect(send(claire, sales)).To(HavePrefix("250 "))
	})

	It("apply to new accounts, but not to mails", func() {
		c := connect(listen(backend, limitedTo(Limits{NewAccounts: 2})))
		send := func(from string) string { return c.deliver(from, mailFrom(from), support)[0] }
		Expect(send("a@customers.example")).To(HavePrefix("250 "))
		Expect(send("b@customers.example")).To(HavePrefix("250 "))
		Expect(send("c@customers.example")).To(HavePrefix("250 "))
		Expect(send("a@customers.example")).To(HavePrefix("250 "))
		Expect(send("ana@acme.example")).To(HavePrefix("250 "))
		Expect(backend.accounts()).To(HaveLen(2))
		Expect(backend.passed()).To(HaveLen(5))
	})

	It("refill by the hour, and drop the least recently seen keys", func() {
		began := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		l := newLimiter(2)
		Expect(l.reserve("a", began)).To(BeTrue())
		Expect(l.reserve("a", began)).To(BeTrue())
		Expect(l.reserve("a", began.Add(29*time.Minute))).To(BeFalse())
		Expect(l.reserve("a", began.Add(31*time.Minute))).To(BeTrue())
		l.cancel("a", began.Add(31*time.Minute))
		Expect(l.reserve("a", began.Add(31*time.Minute))).To(BeTrue())
		for n := range maxKeys {
			l.reserve(strings.Repeat("x", 1+n%7)+string(rune('a'+n%26))+time.Duration(n).String(), began)
		}
		Expect(l.seen.Len()).To(Equal(maxKeys))
		Expect(l.keys).To(HaveLen(maxKeys))
	})
})
