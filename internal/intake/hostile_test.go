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
	var all *town
	BeforeEach(func() { all = newTown() })

	DescribeTable("is refused, and the next is taken over the same connection", func(wire, want string) {
		c := greeted(listen(all))
		Expect(c.deliver(claire, wire, support, sales)).To(HaveExactElements(want, want))
		Expect(all.passed()).To(BeEmpty())
		Expect(all.accounts()).To(BeEmpty())
		Expect(c.deliver(claire, written(claire), support)).To(HaveExactElements(HavePrefix("250 ")))
	},
		Entry("of 50 MB", written(claire)+strings.Repeat(strings.Repeat("x", 998)+"\r\n", 50_000),
			"552 5.3.4 the mail is larger than the 26214400 bytes that are taken: send large files by another way"),
		Entry("of 10,000 fields", strings.Repeat("X-Field: value\r\n", 10_000)+written(claire),
			"552 5.3.4 the mail's header has more than 1000 fields or 262144 bytes: it is not taken"),
		Entry("of one endless field", "Subject: "+strings.Repeat("x", 300<<10)+"\r\n\r\n",
			"552 5.3.4 the mail's header has more than 1000 fields or 262144 bytes: it is not taken"),
		Entry("without a header", "\r\nhello\r\n", "554 5.6.0 the mail has no header that can be read: it is not taken"),
		Entry("of nothing", "", "554 5.6.0 the mail has no header that can be read: it is not taken"),
		Entry("with a NUL in the header", "Subject: a\x00b\r\n"+written(claire), "554 5.6.0 the mail has a NUL in its header: it is not taken"),
		Entry("with lines that end with LF", strings.ReplaceAll(written(claire), "\r\n", "\n")+"\r\n", bareLineEnd.String()),
		Entry("with a bare LF before a dot", written(claire)+"a\n.\r\nMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with bare LFs around a dot", written(claire)+"a\n.\nMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with a dot before a bare LF", written(claire)+".\nMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with a dot before a bare CR", written(claire)+".\rMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with bare CRs around a dot", written(claire)+"a\r.\rMAIL FROM:<eve@evil.example>\r\n", bareLineEnd.String()),
		Entry("with CR before CRLF, the last of them before the end", written(claire)+"a\r\r\n", bareLineEnd.String()),
	)

	DescribeTable("is harmless, and passes on as it is", func(wire string) {
		Expect(greeted(listen(all)).deliver(claire, wire, support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(all.passed()).To(HaveExactElements(HaveField("Whole", wire)))
	},
		Entry("with parts that never end", written(claire, "Content-Type: multipart/mixed; boundary=\"")),
		Entry("with 10,000 parts in each other", written(claire, "Content-Type: multipart/mixed; boundary=b0")+nested(10_000)),
		Entry("with a broken encoding", written(claire, "Content-Type: text/plain; charset=\xff", "Content-Transfer-Encoding: base64")+"=====\r\n"),
		Entry("with a NUL in the body", written(claire)+"a\x00b\r\n"),
		Entry("with 10,000 addresses in To", written(claire, "To: "+strings.Repeat("a@b.example,\r\n ", 10_000)+"c@d.example")),
		Entry("with a header alone", "From: claire@customers.example\r\n"),
	)

	It("does not take more memory than there is, and leaves none behind", func() {
		server := listen(all, limitedTo(Limits{MessageBytes: 1 << 20, Memory: 1 << 20}))
		first, second := greeted(server), greeted(server)
		large := written(claire) + strings.Repeat(strings.Repeat("x", 998)+"\r\n", 900)
		Expect(first.ask("MAIL FROM:<a@b.example>")).To(HavePrefix("250"))
		Expect(first.ask("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(first.ask("DATA")).To(HavePrefix("354"))
		first.send(large)
		Eventually(server.memory.used.Load).Should(BeNumerically(">", 850_000))
		Expect(second.deliver(claire, large, support)).To(HaveExactElements("452 4.3.1 too many large mails at once: try again later"))
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
	var all *town
	BeforeEach(func() { all = newTown() })

	It("hears what is wrong with what it says", func() {
		c := dial(listen(all))
		Expect(c.reply()).To(Equal("220 usher.acme.example LMTP Usher"))
		for _, step := range [][2]string{
			{"EHLO mx.acme.example", "500 5.5.1 this is LMTP: say LHLO"},
			{"MAIL FROM:<a@b.example>", "503 5.5.1 say LHLO first"},
			{"LHLO", "501 5.5.4 expected LHLO name"},
			{"LHLO mx.acme.example", "250 SIZE 26214400"},
			{"RCPT TO:<" + support + ">", "503 5.5.1 say MAIL first"},
			{"DATA", "503 5.5.1 say MAIL first"},
			{"MAIL FROM: a@b.example", "501 5.5.4 expected MAIL FROM:<address>"},
			{"MAIL FROM:<a@b.example", "501 5.5.4 expected MAIL FROM:<address>"},
			{"MAIL FROM:<a@b.example>SIZE=1", "501 5.5.4 expected MAIL FROM:<address>"},
			{"MAIL FROM:<a@b.example> SIZE=x", "501 5.5.4 the value of the parameter SIZE is wrong"},
			{"MAIL FROM:<a@b.example> BODY=BINARYMIME", "501 5.5.4 the value of the parameter BODY is wrong"},
			{"MAIL FROM:<a@b.example> RET=FULL", "555 5.5.4 the parameter RET is not offered"},
			{"MAIL FROM:<a@b.example> SIZE=26214401", tooBig.fill("limit", "26214400").String()},
			{"MAIL FROM:<a@b.example> SIZE=99999999999999999999999", tooBig.fill("limit", "26214400").String()},
			{"MAIL FROM:<@c.example:\"a b>\"@b.example> SIZE=1 BODY=8bitmime SMTPUTF8", "250 2.1.0 go on"},
			{"MAIL FROM:<a@b.example>", "503 5.5.1 MAIL was said already"},
			{"RCPT TO:<>", "501 5.5.4 expected RCPT TO:<address>"},
			{"RCPT TO:<" + support + "> NOTIFY=NEVER", "555 5.5.4 the parameter NOTIFY is not offered"},
			{"NOOP", "250 2.0.0 OK"},
			{"VRFY ana", "252 2.5.0 ask by RCPT"},
			{"BDAT 10 LAST", "502 5.5.1 the command is not offered"},
			{"STARTTLS", "502 5.5.1 the command is not offered"},
			{"SEND", "500 5.5.1 the command is not known"},
			{"\x01", "500 5.5.2 the line is not text"},
			{"RSET", "250 2.0.0 OK"},
			{"RCPT TO:<" + support + ">", "503 5.5.1 say MAIL first"},
			{"QUIT", "221 2.0.0 goodbye"},
		} {
			Expect(c.ask(step[0])).To(Equal(step[1]), step[0])
		}
		Expect(c.reply()).To(Equal("closed"))
	})

	It("says no more than so much nonsense, and no endless line", func() {
		server := listen(all)
		c := greeted(server)
		for range maxMistakes {
			Expect(c.ask("NONSENSE")).To(HavePrefix("500 "))
		}
		Expect(c.ask("NONSENSE")).To(Equal("421 4.7.0 too many mistakes"))
		Expect(c.reply()).To(Equal("closed"))
		c = greeted(server)
		c.send(strings.Repeat("x", 40<<10))
		Expect(c.reply()).To(Equal("500 5.5.6 the line is too long"))
		Expect(c.reply()).To(Equal("closed"))
	})

	It("names no more recipients than there may be, and the mail server in front brings the others later", func() {
		c := greeted(listen(all, limitedTo(Limits{Recipients: 1})))
		Expect(c.ask("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(c.ask("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(c.ask("RCPT TO:<" + sales + ">")).To(Equal("452 4.5.3 a mail has at most 1 recipients: send the others another one"))
	})

	It("may say several things at once", func() {
		c := greeted(listen(all))
		c.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<" + support + ">\r\nRCPT TO:<x@y.example>\r\nDATA\r\n" + written(claire) + ".\r\nNOOP\r\nQUIT\r\n")
		for _, want := range []string{"250 2.1.0", "250 2.1.5", "550 5.1.1", "354 ", "250 2.0.0 passed", "250 2.0.0 OK", "221 "} {
			Expect(c.reply()).To(HavePrefix(want))
		}
	})

	It("is one of so many", func() {
		server := listen(all, limitedTo(Limits{Connections: 1}))
		c := greeted(server)
		Expect(dial(server).reply()).To(Equal("421 4.3.2 too many connections: try again later"))
		Expect(c.ask("QUIT")).To(HavePrefix("221"))
		Eventually(func() string { return dial(server).reply() }).Should(HavePrefix("220 "))
	})

	It("that goes in the midst of a mail has sent none", func() {
		server := listen(all)
		c := greeted(server)
		Expect(c.ask("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(c.ask("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(c.ask("DATA")).To(HavePrefix("354"))
		c.send(written(claire))
		Expect(c.Close()).To(Succeed())
		Eventually(func() int { return len(server.slots) }).Should(BeZero())
		Expect(all.passed()).To(BeEmpty())
		Expect(server.memory.used.Load()).To(BeZero())
	})

	It("that says nothing is told so", func() {
		c := dial(listen(all, func(_ *Options, s *Server) {
			if s != nil {
				s.patience.line = 10 * time.Millisecond
			}
		}))
		Expect(c.reply()).To(HavePrefix("220 "))
		Expect(c.reply()).To(Equal("421 4.4.2 nothing was said for too long"))
	})

	It("may come over a socket, also over one that a killed operator left", func() {
		path := filepath.Join(GinkgoT().TempDir(), "lmtp")
		server := listen(all, func(o *Options, _ *Server) { o.Address = "unix:" + path })
		Expect(greeted(server).deliver(claire, written(claire), support)).To(HaveExactElements(HavePrefix("250 ")))
		Expect(all.passed()[0].Trace).To(HavePrefix("Received: from mx.acme.example (by a socket of this machine)\r\n"))
		other, err := NewServer(all, all, Options{Address: "unix:" + path})
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Start(GinkgoTB().Context())).To(MatchError(ContainSubstring("another process listens on")))

		left := filepath.Join(GinkgoT().TempDir(), "left")
		Expect(os.WriteFile(left, nil, 0o600)).To(Succeed())
		other, err = NewServer(all, all, Options{Address: "unix:" + left})
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Start(GinkgoTB().Context())).To(MatchError(ContainSubstring("is there and no socket")))
	})

	It("hears the answer to a mail that is on its way when the operator stops, and then goodbye", func(ctx SpecContext) {
		server, err := NewServer(all, all, Options{Address: "127.0.0.1:0", Hostname: "usher.acme.example"})
		Expect(err).NotTo(HaveOccurred())
		running, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- server.Start(running) }()
		Eventually(server.Addr).ShouldNot(BeEmpty())
		arrived, goOn := make(chan struct{}), make(chan struct{})
		all.trouble = func(string) error {
			close(arrived)
			<-goOn
			return nil
		}
		idle, busy := greeted(server), greeted(server)
		Expect(busy.ask("MAIL FROM:<>")).To(HavePrefix("250"))
		Expect(busy.ask("RCPT TO:<" + support + ">")).To(HavePrefix("250"))
		Expect(busy.ask("DATA")).To(HavePrefix("354"))
		busy.send(written(claire) + ".\r\n")
		Eventually(arrived).Should(BeClosed())
		stop()
		Expect(idle.reply()).To(Equal("421 4.3.2 shutting down: try again"))
		Eventually(func() error { return server.Ready(nil) }).Should(MatchError("intake is not listening"))
		close(goOn)
		Expect(busy.reply()).To(HavePrefix("250 2.0.0 passed on"))
		Expect(busy.reply()).To(Equal("421 4.3.2 shutting down: try again"))
		Eventually(done).Should(Receive(BeNil()))
		Expect(all.passed()).To(HaveLen(1))
	}, SpecTimeout(timing.Timeout))
})
