// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/textproto"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

var _ = Describe("Trouble that is requested from outside", func() {
	var box *mailbox.Mailbox
	BeforeEach(func() {
		box = mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir()})
		Expect(box.Start()).To(Succeed())
		DeferCleanup(box.Close)
	})
	request := func(method, body string) (int, string) {
		GinkgoHelper()
		w := httptest.NewRecorder()
		box.ServeHTTP(w, httptest.NewRequest(method, "/trouble", strings.NewReader(body)))
		said, err := io.ReadAll(w.Body)
		Expect(err).NotTo(HaveOccurred())
		return w.Code, string(said)
	}
	send := func(to string) error {
		err := smtp.SendMail(box.Addr(), nil, "usher@usher.example", []string{to}, []byte(plainMail("x")))
		var answer *textproto.Error
		if errors.As(err, &answer) {
			return fmt.Errorf("%d %s", answer.Code, answer.Msg)
		}
		return err
	}

	DescribeTable("refuses what it says, as often as it says, for whom it says", func(trouble, says string) {
		code, said := request(http.MethodPut, trouble)
		Expect(code).To(Equal(http.StatusNoContent), said)
		for range 2 {
			Expect(send("luis@acme.example")).To(MatchError(says))
		}
		Expect(send("luis@acme.example")).To(Succeed())
	},
		Entry(nil, `{"greet": [554, "5.7.1 blocked"], "times": 2}`, "554 5.7.1 blocked"),
		Entry(nil, `{"mail": [550, "5.7.60 SMTP; Client does not have permissions"], "address": "usher@", "times": 2}`,
			"550 5.7.60 SMTP; Client does not have permissions"),
		Entry(nil, `{"rcpt": [550, "no such user"], "address": "LUIS@", "times": 2}`, "550 no such user"),
		Entry(nil, `{"data": [550, "5.4.5 Daily user sending limit exceeded"], "times": 2}`, "550 5.4.5 Daily user sending limit exceeded"),
	)

	It("meets mails over connections that were open before", func() {
		client, err := smtp.Dial(box.Addr())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(client.Close)
		Expect(client.Hello("localhost")).To(Succeed())
		code, said := request(http.MethodPut, `{"greet": [554, "5.7.1 blocked"], "times": 1}`)
		Expect(code).To(Equal(http.StatusNoContent), said)
		Expect(client.Mail("usher@usher.example")).To(MatchError(ContainSubstring("421")))
		Expect(send("luis@acme.example")).To(MatchError("554 5.7.1 blocked"))
		Expect(send("luis@acme.example")).To(Succeed())
	})

	It("does not concern other addresses, and lasts until it is ended", func() {
		request(http.MethodPut, `{"rcpt": [550, "5.1.1 no such user"], "address": "luis@"}`)
		Expect(send("eva@acme.example")).To(Succeed())
		for range 3 {
			Expect(send("luis@acme.example")).To(MatchError("550 5.1.1 no such user"))
		}
		code, _ := request(http.MethodDelete, "")
		Expect(code).To(Equal(http.StatusNoContent))
		Expect(send("luis@acme.example")).To(Succeed())
	})

	DescribeTable("is refused with what is wrong", func(trouble, says string) {
		code, said := request(http.MethodPut, trouble)
		Expect(code).To(Equal(http.StatusBadRequest))
		Expect(said).To(ContainSubstring(says))
		Expect(send("luis@acme.example")).To(Succeed())
	},
		Entry(nil, ``, "must be a JSON object"),
		Entry(nil, `{"rctp": [550, "x"]}`, `unknown field "rctp"`),
		Entry(nil, `{"rcpt": 550}`, "550 is not an answer"),
		Entry(nil, `{"rcpt": [550]}`, "[550] is not an answer"),
		Entry(nil, `{"rcpt": [550, "x", 1]}`, "is not an answer"),
		Entry(nil, `{"rcpt": ["550", "x"]}`, "is not an answer"),
		Entry(nil, `{"rcpt": [250, "ok"]}`, "the code 250 refuses nothing"),
		Entry(nil, `{"rcpt": [550, "a\r\nb"]}`, "must be one line"),
		Entry(nil, `{"times": 3}`, "the trouble has no answer"),
		Entry(nil, `{"rcpt": [550, "x"], "times": -1}`, "times is -1"),
		Entry(nil, `{"greet": [554, "x"], "address": "luis@"}`, "leave address out"),
		Entry(nil, `{"rcpt": [550, "x"]} {}`, "something follows it"),
	)
})
