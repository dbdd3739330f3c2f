// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/timing"
)

const trace = "Received: from here\r\n\tby there\r\n"

func passed(text string) mail.Passed {
	return mail.Passed{To: "cola@acme.example", Trace: trace, Text: strings.NewReader(text), Size: int64(len(text))}
}

// breaking is a text that fails before its end.
type breaking struct{ io.ReadSeeker }

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.ReadSeeker.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("it broke")
	}
	return n, err
}

var _ = Describe("A mail that is passed on", func() {
	var box *mailbox.Mailbox
	var sender *mail.Sender
	BeforeEach(func() {
		box = mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir()})
		Expect(box.Start()).To(Succeed())
		DeferCleanup(box.Close)
		sender = newSender(mail.Options{Address: box.Addr(), TLS: mail.TLSNone, Connections: 1})
	})
	only := func() mailbox.Message {
		GinkgoHelper()
		messages, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		Expect(messages).To(HaveLen(1))
		return messages[0]
	}

	DescribeTable("LMI-3 arrives unchanged, byte for byte, below its trace", func(ctx SpecContext, text string) {
		m := passed(text)
		m.EightBit = true
		Expect(sender.Pass(ctx, m)).To(Succeed())
		got := only()
		Expect(got.EnvelopeTo).To(HaveExactElements("cola@acme.example"))
		Expect(got.EnvelopeFrom).To(Equal("usher@acme.example"))
		_, raw, found := bytes.Cut(got.Raw, []byte("Received: from here"))
		Expect(found).To(BeTrue())
		Expect(string(raw)).To(Equal(strings.TrimPrefix(trace, "Received: from here") + text))
	},
		Entry("short", "From: a@customers.example\r\n\r\nhello\r\n"),
		Entry("with dots", "From: a@customers.example\r\n\r\n.\r\n..\r\n.a\r\n\r\n.\r\n"),
		Entry("with non-ASCII bytes and a NUL", "From: Jos\xe9 <a@customers.example>\r\n\r\n\xff\xfe\x00\x01\r\n"),
		Entry("with lines longer than any limit", "From: a@customers.example\r\n\r\n"+strings.Repeat("x", 1900)+"\r\n"),
		Entry("with unusual spaces", "from:a@customers.example \t\r\nX :\r\n \r\n\r\n \r\n"),
		Entry("of 20 MB", "From: a@customers.example\r\n\r\n"+strings.Repeat(strings.Repeat("x", 76)+"\r\n", 20<<20/78)),
	)

	It("is sent from the null sender when it is a report", func(ctx SpecContext) {
		m := passed("From: a@customers.example\r\n\r\nhello\r\n")
		m.NullSender = true
		Expect(sender.Pass(ctx, m)).To(Succeed())
		Expect(only().EnvelopeFrom).To(BeEmpty())
	})

	It("is sent again from the start over a new connection when the server has closed the old one", func(ctx SpecContext) {
		Expect(sender.Send(ctx, message("luis@acme.example"))).To(Succeed())
		box.SetTrouble(mailbox.RefuseRecipients(func(string) error {
			box.SetTrouble(mailbox.None{})
			return &smtp.SMTPError{Code: 421, Message: "restarting"}
		}))
		text := "From: a@customers.example\r\n\r\nhello\r\n"
		Expect(sender.Pass(ctx, passed(text))).To(Succeed())
		messages, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		Expect(messages).To(HaveLen(2))
		Expect(string(messages[1].Raw)).To(HaveSuffix(trace + text))
	}, SpecTimeout(timing.Timeout))

	It("does not arrive at all if reading it fails", func(ctx SpecContext) {
		m := passed("From: a@customers.example\r\n\r\nhello\r\n")
		m.Text = breaking{m.Text}
		err := sender.Pass(ctx, m)
		Expect(err).To(MatchError(ContainSubstring("it broke")))
		Expect(mail.IsPermanent(err)).To(BeFalse())
		Expect(sender.Pass(ctx, passed("From: b@customers.example\r\n\r\nhello\r\n"))).To(Succeed())
		Expect(only().From.Address).To(Equal("b@customers.example"))
	})

	It("is refused permanently by a server that refuses it or cannot accept it", func(ctx SpecContext) {
		box.SetFault(func(string) error { return &smtp.SMTPError{Code: 550, Message: "no such user"} })
		err := sender.Pass(ctx, passed("From: a@customers.example\r\n\r\nhello\r\n"))
		Expect(mail.IsPermanent(err)).To(BeTrue())
		box.SetFault(nil)
		old := startServer(func(s *server) { s.EnableSMTPUTF8 = false })
		m := passed("From: josé <a@customers.example>\r\n\r\nhello\r\n")
		m.UTF8Header = true
		err = newSender(mail.Options{Address: old.addr, TLS: mail.TLSNone}).Pass(ctx, m)
		Expect(mail.IsPermanent(err)).To(BeTrue())
		Expect(err).To(MatchError(ContainSubstring("SMTPUTF8")))
		Expect(sender.Pass(ctx, m)).To(Succeed())
	})

	It("is announced with its size, so that a server can refuse it at once", func(ctx SpecContext) {
		old := startServer(func(s *server) { s.MaxMessageBytes = 100 })
		err := newSender(mail.Options{Address: old.addr, TLS: mail.TLSNone}).Pass(ctx, passed("From: a@b.example\r\n\r\n"+strings.Repeat("x", 100)+"\r\n"))
		Expect(mail.IsPermanent(err)).To(BeTrue())
		Expect(err).To(MatchError(ContainSubstring("the sender was not accepted: 552")))
	})
})
