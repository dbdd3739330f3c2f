// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

func word(key string, values ...string) mail.Word {
	w := mail.Word{Key: key, Values: map[string]string{}}
	for i := 0; i < len(values); i += 2 {
		w.Values[values[i]] = values[i+1]
	}
	return w
}

// forContacts returns an alert or a report as the operator writes it.
func forContacts(kind mail.Kind, language, subject string, facts ...mail.Fact) mail.Content {
	c := content(kind, language)
	return mail.Content{
		Kind: kind, Language: language, Organization: c.Organization, Recipient: "Guardia", Subject: subject, Location: c.Location,
		Values: map[string]string{"used": "7", "seats": "7", "waiting": "2", "total": "12", "active": "9", "pending": "3"},
		Facts:  facts,
	}
}

var since = mail.Fact{Label: mail.Word{Key: "details.since"}, Values: []mail.Word{{Time: time.Date(2026, time.November, 28, 10, 0, 0, 0, time.UTC)}}}

var _ = Describe("A mail to contacts", func() {
	DescribeTable("GTA-12 is an alert", func(kind mail.Kind, about, english, spanish, short string) {
		fact := mail.Fact{Label: word("details.waiting"), Values: []mail.Word{{Text: "Luis"}, word("more", "n", "3")}}
		r := render(forContacts(kind, "en", about, fact, since))
		Expect(r.Subject).To(Equal(english))
		Expect(r.Text).To(And(HavePrefix("Hello Guardia,\n"), ContainSubstring("Waiting for a seat: Luis, 3 more\n"),
			ContainSubstring("Since: Saturday, 28 November 2026, 11:00 (CET)\n")))
		Expect(render(forContacts(kind, "es", about, fact, since)).Subject).To(Equal(spanish))
		Expect(mail.Short(forContacts(kind, "es", about))).To(Equal(short))
	},
		Entry("about seats", mail.SeatsExhausted, "remote-support", "Acme S.A.: no seats left for remote-support",
			"Acme S.A.: no quedan plazas de remote-support",
			"Acme S.A.: no quedan plazas de remote-support (7 de 7 ocupadas, en espera: 2)."),
		Entry("about invitations", mail.InvitationUndeliverable, "sam@acme.example", "Acme S.A.: the invitation to sam@acme.example could not be delivered",
			"Acme S.A.: no se ha podido entregar la invitación a sam@acme.example",
			"Acme S.A.: no se ha podido entregar la invitación a sam@acme.example."),
		Entry("about the last administrator", mail.LastAdministratorHeld, "Ana Pérez", "Acme S.A.: the last administrator cannot leave yet",
			"Acme S.A.: la última persona administradora aún no puede dejar de serlo",
			"Acme S.A.: Ana Pérez conserva la administración por ahora porque no hay nadie más."),
		Entry("about a request to leave", mail.LeaveRequested, "Luis Gómez", "Acme S.A.: Luis Gómez asks to leave", "Acme S.A.: Luis Gómez pide la baja",
			"Acme S.A.: Luis Gómez pide que se elimine su cuenta."),
		Entry("about more alerts", mail.MoreAlerts, "", "Acme S.A.: more alerts are open", "Acme S.A.: hay más alertas abiertas",
			"Acme S.A.: hay más alertas abiertas que mensajes enviados."),
	)

	It("GTA-11 GTA-12 says that a module has no seats, and not that none of none is left", func() {
		none := forContacts(mail.SeatsExhausted, "en", "desk", mail.Fact{Label: word("details.seats"), Values: []mail.Word{word("seats.none")}})
		none.Values["used"], none.Values["seats"] = "0", "0"
		r := render(none)
		Expect(r.Text).To(And(ContainSubstring("Acme S.A. has no seats for the module desk.\n"), ContainSubstring("Seats taken: none bought\n"),
			ContainSubstring("Buy seats, or remove the module from the people who wait."), Not(ContainSubstring("0 of 0"))))
		Expect(mail.Short(none)).To(Equal("Acme S.A.: no seats bought for desk (waiting: 2)."))
		none.Language = "es"
		Expect(render(none).Text).To(And(ContainSubstring("Acme S.A. no tiene plazas contratadas del módulo desk.\n"),
			ContainSubstring("Plazas ocupadas: ninguna contratada\n"), Not(ContainSubstring("0 de 0"))))
		Expect(mail.Short(none)).To(Equal("Acme S.A.: no hay plazas contratadas de desk (en espera: 2)."))
	})

	It("GTA-12 is a report", func() {
		users := mail.Fact{Label: word("details.users"), Values: []mail.Word{word("count.total", "n", "12"), word("count.Active", "n", "9")}}
		role := mail.Fact{Label: word("role.Member"), Values: []mail.Word{word("count.Active", "n", "8")}}
		seats := mail.Fact{Label: word("details.moduleSeats", "module", "remote-support"), Values: []mail.Word{word("seats.taken", "used", "7", "seats", "25")}}
		nothing := mail.Fact{Label: word("details.pending"), Values: []mail.Word{{Text: ""}}}
		r := render(forContacts(mail.StatusReport, "es", "Acme S.A.", users, role, seats, nothing))
		Expect(r.Subject).To(Equal("Informe: Acme S.A."))
		Expect(r.Text).To(ContainSubstring("Usuarios: 12 en total, 9 en activo\nMiembro: 8 en activo\nPlazas de remote-support: 7 de 25\n\n"))
		Expect(render(forContacts(mail.StatusReport, "en", "Acme S.A.", users, role, seats)).Text).To(ContainSubstring("Member: 8 active\n"))
		Expect(mail.Short(forContacts(mail.StatusReport, "en", "Acme S.A."))).To(Equal("Acme S.A.: 12 users, 9 of them active. Pending invitations: 3."))
	})

	It("cannot be disguised by its subject", func() {
		c := forContacts(mail.InvitationUndeliverable, "en", "x\r\nBcc: y@evil.example\u202e{organization}")
		Expect(render(c).Subject).To(Equal("Acme S.A.: the invitation to x Bcc: y@evil.example{organization} could not be delivered"))
		Expect(mail.Short(c)).NotTo(ContainSubstring("\n"))
	})

	It("has no short form for other kinds", func() {
		_, err := mail.Short(content(mail.Welcome, "en"))
		Expect(err).To(MatchError(ContainSubstring("has no short form")))
	})
})

var _ = Describe("An attachment", func() {
	It("GTA-12 is sent with the mail, next to both forms of the text", func(ctx SpecContext) {
		box := mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir()})
		Expect(box.Start()).To(Succeed())
		DeferCleanup(box.Close)
		table := []byte("record,name\r\nuser,\"Núñez, A\"\r\n")
		m := message("guardia@acme.example")
		m.Attachments = []mail.Attachment{{Name: "report.csv", Type: "text/csv; charset=utf-8", Content: table}}
		Expect(newSender(mail.Options{Address: box.Addr(), TLS: mail.TLSNone}).Send(ctx, m)).To(Succeed())
		arrived, err := box.Wait(ctx, func(mailbox.Message) bool { return true })
		Expect(err).NotTo(HaveOccurred())
		parsed, err := netmail.ReadMessage(bytes.NewReader(arrived.Raw))
		Expect(err).NotTo(HaveOccurred())
		kind, parameters, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
		Expect(err).NotTo(HaveOccurred())
		Expect(kind).To(Equal("multipart/mixed"))
		parts := multipart.NewReader(parsed.Body, parameters["boundary"])
		first, err := parts.NextPart()
		Expect(err).NotTo(HaveOccurred())
		Expect(first.Header.Get("Content-Type")).To(HavePrefix("multipart/alternative"))
		second, err := parts.NextPart()
		Expect(err).NotTo(HaveOccurred())
		Expect(second.FileName()).To(Equal("report.csv"))
		Expect(io.ReadAll(base64.NewDecoder(base64.StdEncoding, second))).To(Equal(table))
	})
})
