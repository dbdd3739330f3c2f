// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func parsed(lines ...string) *header {
	GinkgoHelper()
	h, err := parseHeader(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n\r\nFrom: body@customers.example\r\n"))
	Expect(err).NotTo(HaveOccurred())
	return h
}

var _ = Describe("A mail's writer", func() {
	const fallback = "envelope@customers.example"

	DescribeTable("LMI-3 is", func(from, want string) {
		Expect(classify(parsed("Subject: x", "From: "+from), fallback).writer).To(Equal(want))
	},
		Entry("the address alone", "claire@customers.example", "claire@customers.example"),
		Entry("the address with a name", `"Johnson, Claire" <claire@customers.example>`, "claire@customers.example"),
		Entry("the address on a second line", "Claire\r\n\t<claire@customers.example>", "claire@customers.example"),
		Entry("the address with comments", "claire@customers.example (Claire (the first))", "claire@customers.example"),
		Entry("the address, not the one in the name", `"ana@acme.example" <eve@evil.example>`, "eve@evil.example"),
		Entry("the address, not the one in an encoded name", "=?utf-8?q?ana=40acme=2Eexample?= <eve@evil.example>", "eve@evil.example"),
		Entry("the address, not one that an encoded name closes the brackets of",
			"=?utf-8?q?=3Cana=40acme=2Eexample=3E?= <eve@evil.example>", "eve@evil.example"),
		Entry("the address with a name in a character set that nobody knows", "=?x-klingon?b?AAAA?= <claire@customers.example>",
			"claire@customers.example"),
		Entry("the address with a name in raw bytes", "Jos\xe9 <jose@customers.example>", "jose@customers.example"),
		Entry("the address of a group of one", "people: claire@customers.example;", "claire@customers.example"),
		Entry("internationalized", "josé@españa.example", "josé@españa.example"),
		Entry("the envelope's when From names two", "a@customers.example, b@customers.example", fallback),
		Entry("the envelope's when From is a group of two", "people: a@customers.example, b@customers.example;", fallback),
		Entry("the envelope's when From is an empty group", "undisclosed:;", fallback),
		Entry("the envelope's when the address itself is an encoded word", "=?utf-8?q?eve=40evil=2Eexample?=", fallback),
		Entry("the envelope's when a part of the address is an encoded word", "<=?utf-8?q?eve?=@evil.example", fallback),
		Entry("the envelope's when the address has raw bytes", "jos\xe9@customers.example", fallback),
		Entry("the envelope's when the address has no domain", "claire", fallback),
		Entry("the envelope's when the domain is none", "claire@-.example", fallback),
		Entry("the envelope's when the local part is quoted", `"claire j"@customers.example`, fallback),
		Entry("the envelope's when the domain is a number", "claire@[192.0.2.1]", fallback),
		Entry("the envelope's when a second address follows", "<a@customers.example> <b@customers.example>", fallback),
		Entry("the envelope's when From is endless", strings.Repeat("a", maxValue)+"@customers.example", fallback),
		Entry("the envelope's when From is empty", "", fallback),
	)

	It("LMI-3 is the envelope's when there are two From fields or none", func() {
		twice := parsed("From: a@customers.example", "FROM : b@customers.example")
		Expect(classify(twice, fallback).writer).To(Equal(fallback))
		Expect(classify(parsed("Subject: x"), fallback).writer).To(Equal(fallback))
	})

	It("is nobody when the envelope's is none either, and the mail passes on all the same", func() {
		Expect(classify(parsed("Subject: x"), "not an address")).To(Equal(verdict{kind: nobody}))
	})

	It("is not read from the body", func() {
		Expect(writerOf(parsed("Subject: x"))).To(BeEmpty())
	})
})

var _ = Describe("What a mail is", func() {
	const sender = "claire@customers.example"

	DescribeTable("makes no account when it is", func(want kind, null bool, sender string, lines ...string) {
		v := classify(parsed(append([]string{"From: Claire <claire@customers.example>"}, lines...)...), sender)
		Expect(v.kind).To(Equal(want))
		Expect(v.writer).To(BeEmpty())
		Expect(v.null).To(Equal(null))
	},
		Entry("of the null sender", report, true, ""),
		Entry("a delivery report", report, true, sender, `Content-Type: Multipart/Report; report-type=delivery-status; boundary=x`),
		Entry("a receipt", report, true, sender, "Content-Type: multipart/report (a comment); report-type=disposition-notification"),
		Entry("generated", automatic, false, sender, "Auto-Submitted: auto-generated"),
		Entry("an answer", automatic, false, sender, "AUTO-SUBMITTED:\r\n auto-replied (vacation); owner-email=\"x\""),
		Entry("an answer to that one", automatic, false, sender, "Auto-Submitted: auto-notified"),
		Entry("an answer of Exchange", automatic, false, sender, "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply"),
		Entry("an answer of old", automatic, false, sender, "X-Autoreply: yes"),
		Entry("another answer of old", automatic, false, sender, "Precedence: auto_reply"),
		Entry("of a mailer daemon", automatic, false, "MAILER-DAEMON@customers.example"),
		Entry("of a postmaster", automatic, false, "postmaster@customers.example"),
		Entry("of somebody who does not read", automatic, false, "No-Reply@customers.example"),
		Entry("bulk", bulk, false, sender, "Precedence: bulk"),
		Entry("of a list", bulk, false, sender, "Precedence: List"),
		Entry("junk", bulk, false, sender, "Precedence: junk"),
		Entry("of a list by its name", bulk, false, sender, "List-Id: Users <users.lists.example>"),
		Entry("something to unsubscribe from", bulk, false, sender, "List-Unsubscribe: <https://lists.example/u>"),
		Entry("of a list's owner", bulk, false, "owner-users@lists.example"),
		Entry("of a list's address for requests", bulk, false, "users-request@lists.example"),
	)

	DescribeTable("LMI-3 is a person's when nothing says otherwise", func(lines ...string) {
		v := classify(parsed(append([]string{"From: Claire <claire@customers.example>"}, lines...)...), sender)
		Expect(v).To(Equal(verdict{kind: person, writer: sender, sender: sender}))
	},
		Entry("nothing"),
		Entry("said to be no answer", "Auto-Submitted: no"),
		Entry("said so with a comment", "Auto-Submitted: No (really)"),
		Entry("of another precedence", "Precedence: first-class"),
		Entry("a mail with attachments", "Content-Type: multipart/mixed; boundary=x"),
		Entry("suppressing nothing", "X-Auto-Response-Suppress: None"),
	)

	It("makes no account of who does not read, by the From field", func() {
		Expect(classify(parsed("From: Shop <noreply@shop.example>"), sender).kind).To(Equal(automatic))
	})

	It("counts a mail of the null sender by that, whatever From says", func() {
		Expect(classify(parsed("From: claire@customers.example"), "").sender).To(BeEmpty())
	})
})

var _ = Describe("A mail that goes round", func() {
	It("is known by the intake that it passed", func() {
		h := parsed("From: a@customers.example", "Usher-Intake: Support@In.acme.example", "usher-INTAKE :  other@in.acme.example ")
		Expect(h.looped(support)).To(BeTrue())
		Expect(h.looped("other@in.acme.example")).To(BeTrue())
		Expect(h.looped("third@in.acme.example")).To(BeFalse())
		Expect(parsed("Usher-Intake: sop%C3%B3rte@in.acme.example").looped("sopórte@in.acme.example")).To(BeTrue())
	})
})
