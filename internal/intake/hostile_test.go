// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/timing"
)

var _ = Describe("A hostile mail", func() {
	var backend *fakeBackend
	BeforeEach(func() { backend = newFakeBackend() })

	DescribeTable("is refused, and the next mail on the connection is accepted", func(wire, want string) {
		c := connect(listen(backend))
		Expect(c.deliver(claire, wire, support, sales)).To(HaveExactElements(want, want))
		Expect(backend.passed()).To(BeEmpty())
		Expect(backend.accounts()).To(BeEmpty())
		Expect(c.deliver(claire, mailFrom(claire), support)).To(HaveExactElements(HavePrefix("250 ")))
	},
		Entry("with 50 MB", mailFrom(claire)+strings.Repeat(strings.Repeat("x", 998)+"\r\n", 50_000),
			"552 5.3.4 the mail exceeds the limit of 26214400 bytes: send large files in another way"),
		Entry("with 10,000 fields", strings.Repeat("X-Field: value\r\n", 10_000)+mailFrom(claire),
			"552 5.3.4 the header of the mail exceeds the limit of 1000 fields or 262144 bytes"),
		Entry("with one field that is too long", "Subject: "+strings.Repeat("x", 300<<10)+"\r\n\r\n",
			"552 5.3.4 the header of the mail exceeds the limit of 1000 fields or 262144 bytes"),
		Entry("without a header", "\r\nhello\r\n", "554 5.6.0 the mail has no readable header"),
		Entry("without any content", "", "554 5.6.0 the mail has no readable header"),
		Entry("with a NUL in the header", "Subject: a\x00b\r\n"+mailFrom(claire), "554 5.6.0 the header of the mail contains a NUL character"),
		Entry("with LF line endings", strings.ReplaceAll(mailFrom(claire), "\r\n", "\n")+"\r\n", bareLineEnd.String()),
		Entry("with a bare LF before a dot", mailFrom(claire)+"a\n.\r\nMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with bare LFs around a dot", mailFrom(claire)+"a\n.\nMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with a dot before a bare LF", mailFrom(claire)+".\nMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with a dot before a bare CR", mailFrom(claire)+".\rMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with bare CRs around a dot", mailFrom(claire)+"a\r.\rMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with CR before CRLF, the last of them before the end", mailFrom(claire)+"a\r\r\n", bareLineEnd.String()),
	)

	DescribeTable("is passed on unchanged", func(wire string) {
		Expect(connect(listen(backend)).deliver(claire, wire, support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(backend.passed()).To(HaveExactElements(HaveField("Whole", wire)))
	},
		Entry("with parts that never end", mailFrom(claire, "Content-Type: multipart/mixed; boundary=\"")),
		Entry("with 10,000 nested parts", mailFrom(claire, "Content-Type: multipart/mixed; boundary=b0")+nested(10_000)),
		Entry("with a broken encoding", mailFrom(claire, "Content-Type: text/plain; charset=\xff", "Content-Transfer-Encoding: base64")+"=====\r\n"),
		Entry("with a NUL in the body", mailFrom(claire)+"a\x00b\r\n"),
		Entry("with 10,000 addresses in To", mailFrom(claire, "To: "+strings.Repeat("a@b.example,\r\n ", 10_000)+"c@d.example")),
		Entry("with only a header", "From: claire@customers.example\r\n"),
	)

	It("is refused temporarily if memory is short, and releases its memory", func() {
		server := listen(backend, limitedTo(Limits{MessageBytes: 1 << 20, Memory: 1 << 20}))
		first, second := connect(server), connect(server)
		large := mailFrom(claire) + strings.Repeat(strings.Repeat("x", 998)+"\r\n", 900)
		Expect(first.command("MAIL FROM:<a@b.example>")).To(HavePrefix("250"))
		Expect(first.command("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(first.command("DATA")).To(HavePrefix("354"))
		first.send(large)
		Eventually(server.memory.used.Load).Should(BeNumerically(">", 850_000))
		Expect(second.deliver(claire, large, support)).To(HaveExactElements("452 4.3.1 too many large mails at the same time: try again later"))
		first.send(".\r\n")
		Expect(first.reply()).To(HavePrefix("250 "))
		Eventually(server.memory.used.Load).Should(BeZero(), "given back once the answer is out")
		Expect(second.deliver(claire, large, support)).To(HaveExactElements(HavePrefix("250 ")))
		Eventually(server.memory.used.Load).Should(BeZero())
	})
})

func nested(depth int) string {
	var b bytes.Buffer
	for range depth {
		b.WriteString("--b0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n")
	}
	return b.String()
}

var _ = Describe("A client", func() {
	var backend *fakeBackend
	BeforeEach(func() { backend = newFakeBackend() })

	It("gets a reply to every wrong command", func() {
		c := dial(listen(backend))
		Expect(c.reply()).To(Equal("220 usher.acme.example LMTP Usher"))
		for _, step := range [][2]string{
			{"EHLO mx.acme.example", "500 5.5.1 this is LMTP: use LHLO"},
			{"MAIL FROM:<a@b.example>", "503 5.5.1 send LHLO first"},
			{"LHLO", "501 5.5.4 expected LHLO name"},
			{"LHLO mx.acme.example", "250 SIZE 26214400"},
			{"RCPT TO:<" + support + ">", "503 5.5.1 send MAIL first"},
			{"DATA", "503 5.5.1 send MAIL first"},
			{"MAIL FROM: a@b.example", "501 5.5.4 expected MAIL FROM:<address>"},
			{"MAIL FROM:<a@b.example", "501 5.5.4 expected MAIL FROM:<address>"},
			{"MAIL FROM:<a@b.example>SIZE=1", "501 5.5.4 expected MAIL FROM:<address>"},
			{"MAIL FROM:<a@b.example> SIZE=x", "501 5.5.4 the value of the parameter SIZE is invalid"},
			{"MAIL FROM:<a@b.example> BODY=BINARYMIME", "501 5.5.4 the value of the parameter BODY is invalid"},
			{"MAIL FROM:<a@b.example> RET=FULL", "555 5.5.4 the parameter RET is not supported"},
			{"MAIL FROM:<a@b.example> SIZE=26214401", tooLarge.fill("limit", "26214400").String()},
			{"MAIL FROM:<a@b.example> SIZE=99999999999999999999999", tooLarge.fill("limit", "26214400").String()},
			{"MAIL FROM:<@c.example:\"a b>\"@b.example> SIZE=1 BODY=8bitmime SMTPUTF8", "250 2.1.0 sender OK"},
			{"MAIL FROM:<a@b.example>", "503 5.5.1 MAIL was already sent"},
			{"RCPT TO:<>", "501 5.5.4 expected RCPT TO:<address>"},
			{"RCPT TO:<" + support + "> NOTIFY=NEVER", "555 5.5.4 the parameter NOTIFY is not supported"},
			{"NOOP", "250 2.0.0 OK"},
			{"VRFY ana", "252 2.5.0 cannot verify the address: use RCPT"},
			{"BDAT 10 LAST", "502 5.5.1 the command is not supported"},
			{"STARTTLS", "502 5.5.1 the command is not supported"},
			{"SEND", "500 5.5.1 unknown command"},
			{"\x01", "500 5.5.2 the line contains an invalid character"},
			{"RSET", "250 2.0.0 OK"},
			{"RCPT TO:<" + support + ">", "503 5.5.1 send MAIL first"},
			{"QUIT", "221 2.0.0 goodbye"},
		} {
			Expect(c.command(step[0])).To(Equal(step[1]), step[0])
		}
		Expect(c.reply()).To(Equal("closed"))
	})

	It("is disconnected after too many errors or a line that is too long", func() {
		server := listen(backend)
		c := connect(server)
		for range maxErrors {
			Expect(c.command("NONSENSE")).To(HavePrefix("500 "))
		}
		Expect(c.command("NONSENSE")).To(Equal("421 4.7.0 too many errors"))
		Expect(c.reply()).To(Equal("closed"))
		c = connect(server)
		c.send(strings.Repeat("x", 40<<10))
		Expect(c.reply()).To(Equal("500 5.5.6 the line is too long"))
		Expect(c.reply()).To(Equal("closed"))
	})

	It("may name a limited number of recipients per mail", func() {
		c := connect(listen(backend, limitedTo(Limits{Recipients: 1})))
		Expect(c.command("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(c.command("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(c.command("RCPT TO:<" + sales + ">")).To(Equal("452 4.5.3 a mail can have at most 1 recipients: send it to the others separately"))
	})

	It("may pipeline commands", func() {
		c := connect(listen(backend))
		c.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<" + support + ">\r\nRCPT TO:<x@y.example>\r\nDATA\r\n" + mailFrom(claire) + ".\r\nNOOP\r\nQUIT\r\n")
		for _, want := range []string{"250 2.1.0", "250 2.1.5", "550 5.1.1", "354 ", "250 2.0.0 passed", "250 2.0.0 OK", "221 "} {
			Expect(c.reply()).To(HavePrefix(want))
		}
	})

	It("is refused if there are too many connections", func() {
		server := listen(backend, limitedTo(Limits{Connections: 1}))
		c := connect(server)
		Expect(dial(server).reply()).To(Equal("421 4.3.2 too many connections: try again later"))
		Expect(c.command("QUIT")).To(HavePrefix("221"))
		Eventually(func() string { return dial(server).reply() }).Should(HavePrefix("220 "))
	})

	It("that disconnects during a mail has sent none", func() {
		server := listen(backend)
		c := connect(server)
		Expect(c.command("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(c.command("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(c.command("DATA")).To(HavePrefix("354"))
		c.send(mailFrom(claire))
		Expect(c.Close()).To(Succeed())
		Eventually(func() int { return len(server.slots) }).Should(BeZero())
		Expect(backend.passed()).To(BeEmpty())
		Expect(server.memory.used.Load()).To(BeZero())
	})

	It("that is idle is disconnected with a reply", func() {
		c := dial(listen(backend, func(_ *Options, s *Server) {
			if s != nil {
				s.timeouts.read = 10 * time.Millisecond
			}
		}))
		Expect(c.reply()).To(HavePrefix("220 "))
		Expect(c.reply()).To(Equal("421 4.4.2 idle for too long"))
	})

	It("may use a Unix socket", func() {
		path := filepath.Join(GinkgoT().TempDir(), "lmtp")
		server := listen(backend, func(o *Options, _ *Server) { o.Address = "unix:" + path })
		Expect(connect(server).deliver(claire, mailFrom(claire), support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(backend.passed()[0].Trace).To(HavePrefix("Received: from mx.acme.example (by a local socket)\r\n"))
		other, err := NewServer(backend, backend, Options{Address: "unix:" + path})
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Start(GinkgoTB().Context())).To(MatchError(ContainSubstring("another process listens on")))

		left := filepath.Join(GinkgoT().TempDir(), "left")
		Expect(os.WriteFile(left, nil, 0o600)).To(Succeed())
		other, err = NewServer(backend, backend, Options{Address: "unix:" + left})
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Start(GinkgoTB().Context())).To(MatchError(ContainSubstring("exists and is not a socket")))
	})

	It("gets the reply to a mail in transit when the operator stops", func(ctx SpecContext) {
		server, err := NewServer(backend, backend, Options{Address: "127.0.0.1:0", Hostname: "usher.acme.example"})
		Expect(err).NotTo(HaveOccurred())
		running, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- server.Start(running) }()
		Eventually(server.Addr).ShouldNot(BeEmpty())
		arrived, goOn := make(chan struct{}), make(chan struct{})
		backend.refusal = func(string) error {
			close(arrived)
			<-goOn
			return nil
		}
		idle, busy := connect(server), connect(server)
		Expect(busy.command("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(busy.command("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(busy.command("DATA")).To(HavePrefix("354"))
		busy.send(mailFrom(claire) + ".\r\n")
		Eventually(arrived).Should(BeClosed())
		stop()
		Expect(idle.reply()).To(Equal("421 4.3.2 shutting down: try again"))
		Eventually(func() error { return server.Ready(nil) }).Should(MatchError("intake is not listening"))
		close(goOn)
		Expect(busy.reply()).To(HavePrefix("250 2.0.0 passed on"))
		Expect(busy.reply()).To(Equal("421 4.3.2 shutting down: try again"))
		Eventually(done).Should(Receive(BeNil()))
		Expect(backend.passed()).To(HaveLen(1))
	}, SpecTimeout(timing.Timeout))
})
