// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"crypto/tls"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/testing/timing"
)

var _ = Describe("A protected connection", func() {
	var s *server
	var options mail.Options

	BeforeEach(func() {
		shown := protection()
		s = startServer(func(s *server) { s.TLSConfig = shown.Server })
		options = mail.Options{
			Address: s.addr, TLS: mail.TLSStartTLS, CAFile: shown.File,
			UsernameFile: write("username", "usher\n"), PasswordFile: write("password", password+"\n"),
		}
	})

	It("signs in over STARTTLS", func(ctx SpecContext) {
		Expect(newSender(options).Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(s.received()).To(HaveLen(1))
	}, SpecTimeout(timing.Timeout))

	It("signs in over TLS from the first byte", func(ctx SpecContext) {
		plain, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		go func() { _ = s.Serve(tls.NewListener(plain, s.TLSConfig)) }()
		options.Address, options.TLS = plain.Addr().String(), mail.TLSImplicit
		Expect(newSender(options).Send(ctx, message("luis@acme.example"))).To(Succeed())
		Expect(s.received()).To(HaveLen(1))
	}, SpecTimeout(timing.Timeout))

	It("treats a wrong password as temporary and does not reveal it", func(ctx SpecContext) {
		options.PasswordFile = write("wrong", "hunter2")
		err := newSender(options).Send(ctx, message("luis@acme.example"))
		Expect(err).To(HaveOccurred())
		Expect(mail.IsPermanent(err)).To(BeFalse())
		Expect(err.Error()).NotTo(ContainSubstring("hunter2"))
	}, SpecTimeout(timing.Timeout))

	It("does not trust an unknown certificate", func(ctx SpecContext) {
		options.CAFile = ""
		Expect(newSender(options).Send(ctx, message("luis@acme.example"))).To(MatchError(ContainSubstring("certificate")))
		Expect(s.received()).To(BeEmpty())
	}, SpecTimeout(timing.Timeout))

	It("sends nothing in the clear when STARTTLS is required", func(ctx SpecContext) {
		bare := startServer(nil)
		options.Address = bare.addr
		Expect(newSender(options).Send(ctx, message("luis@acme.example"))).To(MatchError(ContainSubstring("STARTTLS")))
		Expect(bare.received()).To(BeEmpty())
	}, SpecTimeout(timing.Timeout))
})

var _ = DescribeTable("NewSender refuses", func(options mail.Options, says string) {
	_, err := mail.NewSender(options)
	Expect(err).To(MatchError(ContainSubstring(says)))
},
	Entry("an address without a port", mail.Options{Address: "smtp.acme.example", From: "a@b.example"}, "host:port"),
	Entry("a port that is not a number", mail.Options{Address: "smtp.acme.example:mail", From: "a@b.example"}, "host:port"),
	Entry("no sender", mail.Options{Address: "smtp.acme.example:25"}, "sender's address"),
	Entry("an unknown mode",
		mail.Options{Address: "smtp.acme.example:25", From: "a@b.example", TLS: "SSL"}, "None, StartTLS, TLS",
	),
	Entry("half of the credentials",
		mail.Options{Address: "smtp.acme.example:25", From: "a@b.example", UsernameFile: "username"}, "password file"),
)
