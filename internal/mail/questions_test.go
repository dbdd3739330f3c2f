// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/timing"
)

func questionContent(kind mail.Kind, language string) mail.Content {
	madrid, err := time.LoadLocation("Europe/Madrid")
	Expect(err).NotTo(HaveOccurred())
	c := mail.Content{
		Kind: kind, Language: language, Organization: "Acme S.A.", Location: madrid,
		Values: map[string]string{"workspace": "Soporte Acme", "reference": "K7M29QXD"},
		Facts:  []mail.Fact{{Label: mail.Word{Key: "details.reference"}, Values: []mail.Word{{Text: "K7M29QXD"}}}},
	}
	switch kind {
	case mail.QuestionConfirmation:
		c.URL, c.Expires = link, time.Date(2026, time.November, 28, 10, 0, 0, 0, time.UTC)
	case mail.QuestionReceipt:
		c.URL, c.Recipient, c.Subject = link, "Clara Ruiz", "El quiosco no arranca"
	case mail.Question:
		c.Inviter, c.Subject, c.Message = "Clara Ruiz", "El quiosco no arranca", "Pita tres veces.\n\n<b>https://pics.example/1</b>"
	}
	return c
}

var _ = DescribeTable("GTA-8 Render writes the mails about a question", func(kind mail.Kind, language, subject string, says ...string) {
	r := render(questionContent(kind, language))
	Expect(r.Subject).To(Equal(subject))
	for _, phrase := range says {
		Expect(r.Text).To(ContainSubstring(phrase))
	}
},
	Entry(nil, mail.QuestionConfirmation, "es", "Confirma tu pregunta a Soporte Acme", "Revisar y confirmar:\n"+link+"\n", "Referencia: K7M29QXD",
		"Caduca el: sábado, 28 de noviembre de 2026, 11:00 (CET)"),
	Entry(nil, mail.QuestionConfirmation, "en", "Confirm your question to Soporte Acme", "Review and confirm:\n"+link+"\n"),
	Entry(nil, mail.QuestionReceipt, "es", "[Soporte Acme #K7M29QXD] El quiosco no arranca", "Hola, Clara Ruiz:", "Ver tus preguntas:\n"+link+"\n"),
	Entry(nil, mail.QuestionReceipt, "en", "[Soporte Acme #K7M29QXD] El quiosco no arranca", "See your questions:\n"+link+"\n"),
	Entry(nil, mail.Question, "es", "[Soporte Acme #K7M29QXD] El quiosco no arranca",
		"Mensaje de Clara Ruiz:\n\n> Pita tres veces.\n> \n> <b>https://pics.example/1</b>\n"),
	Entry(nil, mail.Question, "en", "[Soporte Acme #K7M29QXD] El quiosco no arranca", "Clara Ruiz has asked Soporte Acme a question."),
)

var _ = Describe("A question to the queue", func() {
	It("GTA-8 is not called automatic, because it wants an answer", func() {
		c := questionContent(mail.Question, "en")
		c.Answered = true
		Expect(render(c).Text).To(HaveSuffix("\n\nSent on behalf of Acme S.A.\n"))
		Expect(render(questionContent(mail.QuestionReceipt, "en")).Text).To(HaveSuffix("please do not reply to it.\n"))
	})

	It("keeps what was asked even if a custom layout leaves it out", func() {
		own, err := mail.Customize(map[string]string{mail.TextFile: "{{.Title}}\n{{.URL}}\n", mail.HTMLFile: `<p>{{.Title}} <a href="{{.URL}}">go</a></p>`})
		Expect(err).NotTo(HaveOccurred())
		r, err := own.Render(questionContent(mail.Question, "en"))
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Text).To(ContainSubstring("> Pita tres veces."))
		Expect(r.HTML).To(ContainSubstring("Pita tres veces."))
		r, err = own.Render(questionContent(mail.QuestionReceipt, "en"))
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Text).To(Equal("We have received your question\n" + link + "\n"))
	})

	It("has a one-line subject and sender, has the asker in Reply-To, and is not marked as automatic", func(ctx SpecContext) {
		box := mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir()})
		Expect(box.Start()).To(Succeed())
		DeferCleanup(box.Close)
		sender, err := mail.NewSender(mail.Options{Address: box.Addr(), TLS: mail.TLSNone, From: "Usher <usher@usher.example>"})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(sender.Close)
		c := questionContent(mail.Question, "en")
		c.Subject = "x\r\nBcc: eve@evil.example\r\n\r\nbody =?utf-8?q?=0d=0aBcc:_eve@evil.example?="
		rendered, err := mail.Render(c)
		Expect(err).NotTo(HaveOccurred())
		Expect(sender.Send(ctx, mail.Message{
			To: "queue@acme.example", FromName: "Clara\r\nBcc: eve@evil.example", ReplyTo: "clara@customer.example", Personal: true,
			MessageID: "a@b", InReplyTo: "<receipt@b>", Rendered: rendered,
		})).To(Succeed())
		m, err := box.Wait(ctx, func(mailbox.Message) bool { return true })
		Expect(err).NotTo(HaveOccurred())
		Expect(m.Malformed).To(BeEmpty())
		Expect(m.EnvelopeTo).To(ConsistOf("queue@acme.example"))
		Expect(m.Header).NotTo(Or(HaveKey("Bcc"), HaveKey("Auto-Submitted"), HaveKey("X-Auto-Response-Suppress")))
		Expect(m.From.Address).To(Equal("usher@usher.example"))
		Expect(m.Header.Get("Reply-To")).To(Equal("<clara@customer.example>"))
		Expect(m.Header.Get("In-Reply-To")).To(Equal("<receipt@b>"))
		Expect(m.Header.Get("References")).To(Equal("<receipt@b>"))
		Expect(m.Subject).To(HavePrefix("[Soporte Acme #K7M29QXD] x Bcc: eve@evil.example body = ?utf-8"))
		Expect(sender.Send(ctx, mail.Message{
			To: "queue@acme.example", ReplyTo: "clara@customer.example\r\nBcc: eve@evil.example", MessageID: "a@b", Rendered: rendered,
		})).To(MatchError(mail.IsPermanent, "IsPermanent"))
		Expect(sender.Send(ctx, mail.Message{
			To: "queue@acme.example", MessageID: "a@b", InReplyTo: "x@b>\r\nBcc: eve@evil.example", Rendered: rendered,
		})).To(MatchError(mail.IsPermanent, "IsPermanent"))
	}, SpecTimeout(timing.Timeout))
})
