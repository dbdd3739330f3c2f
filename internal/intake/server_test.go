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
	var all *town
	BeforeEach(func() { all = newTown() })

	It("LMI-3 makes an account of the first mail's writer, and none of the second's", func() {
		c := greeted(listen(all))
		for range 2 {
			Expect(c.deliver(claire, written("Claire <claire@customers.example>"), support)).To(
				HaveExactElements("250 2.0.0 passed on to the queue of support@in.acme.example"))
		}
		Expect(all.accounts()).To(HaveExactElements("acme claire@customers.example"))
		Expect(all.passed()).To(HaveLen(2))
	})

	It("LMI-7 makes none of who has one, of whatever kind, and of however the address is written", func() {
		c := greeted(listen(all))
		Expect(c.deliver("x@customers.example", written("Somebody Else <ANA@acme.example>"), support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(all.accounts()).To(BeEmpty())
	})

	It("makes none of the queue's own people, and passes their mails on", func() {
		c := greeted(listen(all))
		for _, own := range []string{queue, support, "usher@acme.example"} {
			Expect(c.deliver(own, written(own), support)).To(HaveExactElements(HavePrefix("250 ")))
		}
		Expect(all.accounts()).To(BeEmpty())
		Expect(all.passed()).To(HaveLen(3))
	})

	It("passes the text on as it came, with a trace on top", func() {
		text := "From: Claire <claire@customers.example>\r\nSubject: =?broken\r\nX-Odd:no blank  \r\n\r\n" +
			"..two dots\r\n.\t\r\nlatin \xe9 \x00\x01\r\n" + strings.Repeat("long", 30000) + "\r\n\r\n\r\n.end"
		wire := strings.ReplaceAll(text, "\r\n.", "\r\n..") + "\r\n"
		Expect(greeted(listen(all)).deliver(claire, wire, support)).To(HaveExactElements(HavePrefix("250 ")))
		got := all.passed()[0]
		Expect(got.Whole).To(Equal(text + "\r\n"))
		Expect(got.Size).To(BeEquivalentTo(len(text) + 2))
		Expect(got.EightBit).To(BeTrue())
		Expect(got.UTF8Header).To(BeFalse())
		Expect(got.NullSender).To(BeFalse())
		Expect(got.To).To(Equal(queue))
		Expect(got.Trace).To(MatchRegexp(`^Received: from mx\.acme\.example \(\[127\.0\.0\.1\]\)\r\n\tby usher\.acme\.example \(Usher\) ` +
			`with LMTP id [A-Z2-7]{16}\r\n\tfor <support@in\.acme\.example>;\r\n\t[^\r\n]+\r\nUsher-Intake: support@in\.acme\.example\r\n$`))
	})

	It("passes reports on with the null sender, and makes no account", func() {
		Expect(greeted(listen(all)).deliver("", written(claire), support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(all.passed()).To(HaveExactElements(HaveField("NullSender", true)))
		Expect(all.accounts()).To(BeEmpty())
	})

	It("refuses what went through it before, and takes what went through another", func() {
		c := greeted(listen(all))
		round := written(claire, "Usher-Intake: support@in.acme.example")
		Expect(c.deliver(claire, round, support, sales)).To(HaveExactElements(
			"554 5.4.6 routing loop: the mail was taken in at support@in.acme.example before",
			"250 2.0.0 passed on to the queue of sales@in.acme.example"))
		Expect(c.deliver(claire, strings.Repeat("Received: x\r\n", maxHops+1)+written(claire), support)).To(HaveExactElements(
			"554 5.4.6 routing loop: the mail has more than 100 Received fields"))
		Expect(c.deliver(claire, strings.Repeat("Received: x\r\n", maxHops)+written(claire), support)).To(HaveExactElements(
			HavePrefix("250 ")))
	})

	It("answers each recipient by itself, and delivers to one that is named twice once", func(SpecContext) {
		all.trouble = func(to string) error {
			if to == queue {
				return errWaits
			}
			return nil
		}
		lmtp := smtp.NewClientLMTP(dial(listen(all)).Conn) // a client that others wrote
		Expect(lmtp.Hello("mx.acme.example")).To(Succeed())
		Expect(lmtp.Mail(claire, &smtp.MailOptions{Size: 200, Body: smtp.Body8BitMIME})).To(Succeed())
		for _, to := range []string{sales, support, strings.ToUpper(sales)} {
			Expect(lmtp.Rcpt(to, nil)).To(Succeed())
		}
		Expect(lmtp.Rcpt("nobody@in.acme.example", nil)).To(MatchError(ContainSubstring("550")))
		answers := map[string]*smtp.SMTPError{}
		text, err := lmtp.Data()
		Expect(err).NotTo(HaveOccurred())
		_, err = io.WriteString(text, written(claire))
		Expect(err).NotTo(HaveOccurred())
		_, err = text.CloseWithLMTPResponse()
		var each smtp.LMTPDataError
		Expect(errors.As(err, &each)).To(BeTrue())
		for to, err := range each {
			answers[to] = err
		}
		Expect(answers).To(HaveLen(1))
		Expect(answers[support]).To(And(HaveField("Code", 451), HaveField("Message", ContainSubstring("takes no mails at the moment"))))
		Expect(all.passed()).To(HaveLen(1))
		Expect(lmtp.Quit()).To(Succeed())
	}, SpecTimeout(timing.Timeout))

	It("defers while anything on the way is in trouble, and takes the same mail afterwards once", func() {
		c := greeted(listen(all, limitedTo(Limits{PerSender: 1, PerWorkspace: 1, PerNetwork: 1, NewAccounts: 1})))
		all.create = errTown
		try := func() string { return c.deliver(claire, written(claire), support)[0] }
		Expect(try()).To(Equal("451 4.3.0 no account can be made for the sender: try again later"))
		all.create = nil
		all.trouble = func(string) error { return errWaits }
		for range 5 {
			Expect(try()).To(Equal("451 4.4.1 the queue of support@in.acme.example takes no mails at the moment: try again later"))
		}
		all.trouble = nil
		Expect(try()).To(Equal("250 2.0.0 passed on to the queue of support@in.acme.example"))
		Expect(all.accounts()).To(HaveLen(1))
		Expect(all.passed()).To(HaveLen(1))
	})

	It("says no for good when the queue does, without its words", func() {
		all.trouble = func(string) error { return errRefuse }
		Expect(greeted(listen(all)).deliver(claire, written(claire), support)).To(HaveExactElements(
			"554 5.3.0 the mail server of the queue of support@in.acme.example refuses the mail for good (it answered 550)"))
		Expect(all.told).To(HaveExactElements(550))
	})

	It("tells at RCPT who takes mails", func() {
		c := greeted(listen(all))
		Expect(c.ask("MAIL FROM:<>")).To(HavePrefix("250 "))
		Expect(c.ask("RCPT TO:<nobody@in.acme.example>")).To(Equal("550 5.1.1 no workspace takes mails in at nobody@in.acme.example"))
		Expect(c.ask("RCPT TO:<late@in.acme.example>")).To(Equal("451 4.3.0 the organization of late@in.acme.example is not ready: try again later"))
		Expect(c.ask("RCPT TO:<round@in.acme.example>")).To(Equal(
			"451 4.4.6 routing loop: the queue of round@in.acme.example leads back to an intake: try again later"))
		all.lookup = errTown
		Expect(c.ask("RCPT TO:<" + support + ">")).To(Equal("451 4.3.0 it cannot be found out whose support@in.acme.example is: try again later"))
		Expect(c.ask("DATA")).To(Equal("503 5.5.1 no recipient was accepted"))
	})
})

var _ = Describe("Limits", func() {
	var all *town
	BeforeEach(func() { all = newTown() })

	It("stop who exceeds them, and nobody else", func() {
		c := greeted(listen(all, limitedTo(Limits{PerSender: 2, PerWorkspace: 5})))
		send := func(from, to string) string { return c.deliver(from, written(from), to)[0] }
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
			"452 4.7.1 support@in.acme.example has got 5 mails within an hour: try again later"))
		Expect(send("d@customers.example", sales)).To(HavePrefix("250 "))
	})

	It("hold for a client's network", func() {
		c := greeted(listen(all, limitedTo(Limits{PerNetwork: 1})))
		Expect(c.deliver(claire, written(claire), support, sales)).To(HaveExactElements(
			HavePrefix("250 "), "452 4.7.1 your network has sent 1 mails within an hour: try again later"))
	})

	It("keep an organization from being filled with strangers, and let those pass who are known", func() {
		c := greeted(listen(all, limitedTo(Limits{NewAccounts: 2})))
		send := func(from string) string { return c.deliver(from, written(from), support)[0] }
		Expect(send("a@customers.example")).To(HavePrefix("250 "))
		Expect(send("b@customers.example")).To(HavePrefix("250 "))
		Expect(send("c@customers.example")).To(Equal(
			"452 4.7.1 2 unknown senders have written to support@in.acme.example within an hour: try again later"))
		Expect(send("a@customers.example")).To(HavePrefix("250 "))
		Expect(send("ana@acme.example")).To(HavePrefix("250 "))
		Expect(all.accounts()).To(HaveLen(2))
	})

	It("give way by the hour, and forget who was not seen for long", func() {
		began := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		l := newLimiter(2)
		Expect(l.take("a", began)).To(BeTrue())
		Expect(l.take("a", began)).To(BeTrue())
		Expect(l.take("a", began.Add(29*time.Minute))).To(BeFalse())
		Expect(l.take("a", began.Add(31*time.Minute))).To(BeTrue())
		l.giveBack("a", began.Add(31*time.Minute))
		Expect(l.take("a", began.Add(31*time.Minute))).To(BeTrue())
		for n := range maxKeys {
			l.take(strings.Repeat("x", 1+n%7)+string(rune('a'+n%26))+time.Duration(n).String(), began)
		}
		Expect(l.seen.Len()).To(Equal(maxKeys))
		Expect(l.keys).To(HaveLen(maxKeys))
	})
})
