// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/timing"
)

const invitation = `From: Usher <usher@usher.example>
To: =?utf-8?q?Luis_P=C3=A9rez?= <luis@acme.example>
Subject: =?utf-8?q?Invitaci=C3=B3n_del_usuario_Ana_P=C3=A9rez?=
Message-ID: <1@usher.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b1

--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Aceptar invitaci=C3=B3n: http://portal.example/i/abc.
--b1
Content-Type: multipart/related; boundary=b2

--b2
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGEgaHJlZj0iaHR0cDovL3BvcnRhbC5leGFtcGxlL2kvYWJjP2E9MSZhbXA7Yj0yIj5BY2VwdGFy
PC9hPg==
--b2--
--b1--
`

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func plainMail(subject string) string {
	return crlf("From: usher@usher.example\nTo: luis@acme.example\nSubject: " + subject + "\n\nHola\n")
}

func deliver(box *mailbox.Mailbox, text string, to ...string) error {
	client, err := smtp.Dial(box.Addr())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	return client.SendMail("usher@usher.example", to, strings.NewReader(text))
}

var _ = Describe("A mailbox", func() {
	var (
		box *mailbox.Mailbox
		dir string
	)

	start := func() *mailbox.Mailbox {
		GinkgoHelper()
		started := mailbox.New(mailbox.Options{Dir: dir})
		Expect(started.Start()).To(Succeed())
		DeferCleanup(started.Close)
		return started
	}

	BeforeEach(func() {
		dir = filepath.Join(GinkgoT().TempDir(), "mail")
		box = start()
	})

	It("decodes the subject, the names and both bodies of a mail", func() {
		Expect(deliver(box, crlf(invitation), "luis@acme.example", "eva@acme.example")).To(Succeed())
		messages, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		Expect(messages).To(HaveLen(1))
		message := messages[0]
		Expect(message.Malformed).To(BeEmpty())
		Expect(message.Subject).To(Equal("Invitación del usuario Ana Pérez"))
		Expect(message.From).To(Equal(mail.Address{Name: "Usher", Address: "usher@usher.example"}))
		Expect(message.To).To(ConsistOf(mail.Address{Name: "Luis Pérez", Address: "luis@acme.example"}))
		Expect(message.MessageID).To(Equal("<1@usher.example>"))
		Expect(message.EnvelopeFrom).To(Equal("usher@usher.example"))
		Expect(message.EnvelopeTo).To(Equal([]string{"luis@acme.example", "eva@acme.example"}))
		Expect(message.SentTo("EVA@acme.example")).To(BeTrue())
		Expect(message.Text).To(ContainSubstring("Aceptar invitación"))
		Expect(message.Links()).To(Equal([]string{"http://portal.example/i/abc", "http://portal.example/i/abc?a=1&b=2"}))
		Expect(string(message.Raw)).To(HaveSuffix(crlf(invitation)))
	})

	It("keeps one file per mail, numbered in order of arrival", func() {
		for i := range 3 {
			Expect(deliver(box, plainMail(fmt.Sprint(i)), "luis@acme.example")).To(Succeed())
		}
		Expect(filepath.Glob(filepath.Join(dir, "*"))).To(HaveExactElements(
			HaveSuffix("000001-luis@acme.example.eml"), HaveSuffix("000002-luis@acme.example.eml"),
			HaveSuffix("000003-luis@acme.example.eml")))
	})

	It("continues numbering after a restart; another process can read the directory", func() {
		Expect(deliver(box, plainMail("first"), "luis@acme.example")).To(Succeed())
		Expect(box.Close()).To(Succeed())
		Expect(deliver(start(), plainMail("second"), "luis@acme.example")).To(Succeed())
		messages, err := mailbox.ReadDir(dir)
		Expect(err).NotTo(HaveOccurred())
		Expect(messages).To(HaveLen(2))
		Expect(messages[1].Number).To(Equal(2))
		Expect(messages[1].Subject).To(Equal("second"))
	})

	It("writes no file outside of its directory, whatever the address", func() {
		Expect(deliver(box, plainMail("x"), `"../../evil"@acme.example`)).To(Succeed())
		Expect(filepath.Glob(filepath.Join(dir, "000001-*"))).To(HaveLen(1))
	})

	It("loses no mail and uses every number once when mails arrive concurrently", func() {
		const senders, each = 8, 10
		var group sync.WaitGroup
		for sender := range senders {
			group.Go(func() {
				defer GinkgoRecover()
				for i := range each {
					Expect(deliver(box, plainMail(fmt.Sprintf("%d-%d", sender, i)), "luis@acme.example")).To(Succeed())
				}
			})
		}
		group.Wait()
		messages, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		subjects := map[string]bool{}
		for i, message := range messages {
			Expect(message.Number).To(Equal(i + 1))
			subjects[message.Subject] = true
		}
		Expect(subjects).To(HaveLen(senders * each))
	})

	It("waits for a mail, or finds it if it has already arrived", func(ctx SpecContext) {
		found := make(chan mailbox.Message, 1)
		go func() {
			defer GinkgoRecover()
			message, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.Subject == "second" })
			Expect(err).NotTo(HaveOccurred())
			found <- message
		}()
		Expect(deliver(box, plainMail("first"), "luis@acme.example")).To(Succeed())
		Consistently(found, 50*time.Millisecond).ShouldNot(Receive())
		Expect(deliver(box, plainMail("second"), "luis@acme.example")).To(Succeed())
		Eventually(ctx, found).Should(Receive(HaveField("Number", 2)))
		message, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.Subject == "first" })
		Expect(err).NotTo(HaveOccurred())
		Expect(message.Number).To(Equal(1))
	}, SpecTimeout(timing.Timeout))

	It("says what has arrived if the expected mail does not arrive", func(ctx SpecContext) {
		Expect(deliver(box, plainMail("another"), "luis@acme.example")).To(Succeed())
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, err := box.Wait(short, func(mailbox.Message) bool { return false })
		Expect(err).To(MatchError(context.DeadlineExceeded))
		Expect(err).To(MatchError(ContainSubstring(`1 to luis@acme.example "another"`)))
	}, SpecTimeout(timing.Timeout))

	DescribeTable("refuses recipients as the fault function decides", func(fault error, code int) {
		box.SetFault(func(recipient string) error {
			if recipient == "luis@acme.example" {
				return fault
			}
			return nil
		})
		var reply *smtp.SMTPError
		Expect(errors.As(deliver(box, plainMail("x"), "luis@acme.example"), &reply)).To(BeTrue())
		Expect(reply.Code).To(Equal(code))
		Expect(deliver(box, plainMail("x"), "eva@acme.example")).To(Succeed())
		box.SetFault(nil)
		Expect(deliver(box, plainMail("x"), "luis@acme.example")).To(Succeed())
		messages, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		Expect(messages).To(HaveLen(2))
	},
		Entry("permanently", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}, 550),
		Entry("temporarily", &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "full"}, 450),
		Entry("with any error", errors.New("out of order"), 451),
	)

	It("lists a malformed mail among the others", func() {
		Expect(deliver(box, "no header here\r\n", "luis@acme.example")).To(Succeed())
		Expect(deliver(box, plainMail("proper"), "luis@acme.example")).To(Succeed())
		messages, err := box.Messages()
		Expect(err).NotTo(HaveOccurred())
		Expect(messages).To(HaveExactElements(
			HaveField("Malformed", Not(BeEmpty())), HaveField("Subject", "proper")))
	})

	It("says why it cannot start", func() {
		Expect(box.Start()).To(MatchError(ContainSubstring("started already")))
		Expect(mailbox.New(mailbox.Options{}).Start()).To(MatchError(ContainSubstring("set Options.Dir")))
		Expect(mailbox.New(mailbox.Options{Dir: dir, Addr: box.Addr()}).Start()).
			To(MatchError(ContainSubstring("cannot listen")))
	})

	It("stops even if it is closed right after it started", func() {
		for range 200 {
			short := mailbox.New(mailbox.Options{Dir: dir})
			Expect(short.Start()).To(Succeed())
			Expect(short.Close()).To(Succeed())
		}
	})

	It("stops listening when closed, and can be closed twice or before it started", func() {
		Expect(box.Close()).To(Succeed())
		Expect(box.Close()).To(Succeed())
		_, err := net.Dial("tcp", box.Addr())
		Expect(err).To(HaveOccurred())
		Expect(mailbox.New(mailbox.Options{Dir: dir}).Close()).To(Succeed())
	})

	Context("on its pages", func() {
		get := func(path string) (*http.Response, string) {
			GinkgoHelper()
			recorder := httptest.NewRecorder()
			box.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
			body, err := io.ReadAll(recorder.Body)
			Expect(err).NotTo(HaveOccurred())
			return recorder.Result(), string(body)
		}

		BeforeEach(func() {
			Expect(deliver(box, crlf(invitation), "luis@acme.example")).To(Succeed())
			Expect(deliver(box, plainMail("<script>alert(1)</script>"), "eva@acme.example")).To(Succeed())
		})

		It("lists all mails, newest last, with escaped subjects", func() {
			response, body := get("/")
			Expect(response.StatusCode).To(Equal(http.StatusOK))
			Expect(response.Header.Get("Content-Security-Policy")).To(HavePrefix("default-src 'none'"))
			Expect(body).To(MatchRegexp(`(?s)Invitación del usuario Ana Pérez.*&lt;script&gt;`))
			Expect(body).NotTo(ContainSubstring("<script>"))
		})

		It("shows a mail that can neither run scripts nor load anything", func() {
			response, body := get("/mails/1")
			Expect(response.Header.Get("Content-Security-Policy")).To(And(
				ContainSubstring("default-src 'none'"), HaveSuffix("sandbox")))
			Expect(body).To(ContainSubstring(`href="http://portal.example/i/abc?a=1&amp;b=2"`))
			_, body = get("/mails/2")
			Expect(body).To(ContainSubstring("Hola"))
			_, body = get("/mails/1.eml")
			onDisk, err := os.ReadFile(filepath.Join(dir, "000001-luis@acme.example.eml"))
			Expect(err).NotTo(HaveOccurred())
			Expect(body).To(Equal(string(onDisk)))
		})

		DescribeTable("answers 404 to unknown paths", func(path string) {
			response, _ := get(path)
			Expect(response.StatusCode).To(Equal(http.StatusNotFound))
		},
			Entry(nil, "/mails/3"), Entry(nil, "/mails/x"), Entry(nil, "/mails/..%2F1"), Entry(nil, "/other"),
		)
	})
})
