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

var _ = Describe("The author of a mail", func() {
	const fallback = "envelope@customers.example"

	DescribeTable("LMI-3 is", func(from, want string) {
		Expect(classify(parsed("Subject: x", "From: "+from), fallback).author).To(Equal(want))
	},
		Entry("the address alone", "claire@customers.example", "claire@customers.example"),
		Entry("the address with a name", `"Johnson, Claire" <claire@customers.example>`, "claire@customers.example"),
		Entry("the address in brackets if a comma in the name is not quoted", "Ruiz, Clara <clara3@cust.example>", "clara3@cust.example"),
		Entry("the address in brackets if the name contains other special characters", "Clara [Acme; Madrid] @ work <clara3@cust.example>",
			"clara3@cust.example"),
		Entry("the envelope sender if an address is in front of the brackets", "a@customers.example, Clara <b@customers.example>", fallback),
		Entry("the envelope sender if the brackets are not at the end", "Ruiz, Clara <clara3@cust.example>, Eva", fallback),
		Entry("the address on a second line", "Claire\r\n\t<claire@customers.example>", "claire@customers.example"),
		Entry("the address with comments", "claire@customers.example (Claire (the first))", "claire@customers.example"),
		Entry("the address, not the one in the name", `"ana@acme.example" <eve@evil.example>`, "eve@evil.example"),
		Entry("the address, not the one in an encoded name", "=?utf-8?q?ana=40acme=2Eexample?= <eve@evil.example>", "eve@evil.example"),
		Entry("the address, not one in brackets in an encoded name",
			"=?utf-8?q?=3Cana=40acme=2Eexample=3E?= <eve@evil.example>", "eve@evil.example"),
		Entry("the address with a name in an unknown character set", "=?x-klingon?b?AAAA?= <claire@customers.example>",
			"claire@customers.example"),
		Entry("the address with a name in raw bytes", "Jos\xe9 <jose@customers.example>", "jose@customers.example"),
		Entry("the address of a group of one", "people: claire@customers.example;", "claire@customers.example"),
		Entry("an internationalized address", "josé@españa.example", "josé@españa.example"),
		Entry("the envelope sender if From has two addresses", "a@customers.example, b@customers.example", fallback),
		Entry("the envelope sender if From is a group of two", "people: a@customers.example, b@customers.example;", fallback),
		Entry("the envelope sender if From is an empty group", "undisclosed:;", fallback),
		Entry("the envelope sender if the address is an encoded word", "=?utf-8?q?eve=40evil=2Eexample?=", fallback),
		Entry("the envelope sender if part of the address is an encoded word", "<=?utf-8?q?eve?=@evil.example", fallback),
		Entry("the envelope sender if the address has raw bytes", "jos\xe9@customers.example", fallback),
		Entry("the envelope sender if the address has no domain", "claire", fallback),
		Entry("the envelope sender if the domain is invalid", "claire@-.example", fallback),
		Entry("the envelope sender if the local part is quoted", `"claire j"@customers.example`, fallback),
		Entry("the envelope sender if the domain is an address literal", "claire@[192.0.2.1]", fallback),
		Entry("the envelope sender if a second address follows", "<a@customers.example> <b@customers.example>", fallback),
		Entry("the envelope sender if From is too long", strings.Repeat("a", maxValue)+"@customers.example", fallback),
		Entry("the envelope sender if From is empty", "", fallback),
	)

	It("LMI-3 is the envelope sender if there are two From fields or none", func() {
		twice := parsed("From: a@customers.example", "FROM : b@customers.example")
		Expect(classify(twice, fallback).author).To(Equal(fallback))
		Expect(classify(parsed("Subject: x"), fallback).author).To(Equal(fallback))
	})

	It("is empty if the envelope sender is not an address either", func() {
		Expect(classify(parsed("Subject: x"), "not an address")).To(Equal(classification{kind: kindNoAuthor}))
	})

	It("is not read from the body", func() {
		Expect(authorOf(parsed("Subject: x"))).To(BeEmpty())
	})
})

var _ = Describe("The kind of a mail", func() {
	const sender = "claire@customers.example"

	DescribeTable("leads to no account for", func(want kind, null bool, sender string, lines ...string) {
		v := classify(parsed(append([]string{"From: Claire <claire@customers.example>"}, lines...)...), sender)
		Expect(v.kind).To(Equal(want))
		Expect(v.author).To(BeEmpty())
		Expect(v.nullSender).To(Equal(null))
	},
		Entry("a mail from the null sender", kindReport, true, ""),
		Entry("a delivery report", kindReport, true, sender, `Content-Type: Multipart/Report; report-type=delivery-status; boundary=x`),
		Entry("a receipt", kindReport, true, sender, "Content-Type: multipart/report (a comment); report-type=disposition-notification"),
		Entry("a generated mail", kindAutomatic, false, sender, "Auto-Submitted: auto-generated"),
		Entry("a reply of a program", kindAutomatic, false, sender, "AUTO-SUBMITTED:\r\n auto-replied (vacation); owner-email=\"x\""),
		Entry("a notification of a program", kindAutomatic, false, sender, "Auto-Submitted: auto-notified"),
		Entry("an old autoresponder", kindAutomatic, false, sender, "X-Autoreply: yes"),
		Entry("an auto_reply by precedence", kindAutomatic, false, sender, "Precedence: auto_reply"),
		Entry("a mailer daemon", kindAutomatic, false, "MAILER-DAEMON@customers.example"),
		Entry("a postmaster", kindAutomatic, false, "postmaster@customers.example"),
		Entry("the bounces of one mail among many", kindAutomatic, false, "bounces+1000-x@mailer.example"),
		Entry("the bounces of one mail among many, with a hyphen", kindAutomatic, false, "Bounce-1000@mailer.example"),
		Entry("a program with a detail", kindAutomatic, false, "do-not-reply+7@mailer.example"),
		Entry("a noreply address", kindAutomatic, false, "No-Reply@customers.example"),
		Entry("bulk mail", kindBulk, false, sender, "Precedence: bulk"),
		Entry("a list by precedence", kindBulk, false, sender, "Precedence: List"),
		Entry("junk", kindBulk, false, sender, "Precedence: junk"),
		Entry("a list by its List-Id", kindBulk, false, sender, "List-Id: Users <users.lists.example>"),
		Entry("a list with a way to unsubscribe", kindBulk, false, sender, "List-Unsubscribe: <https://lists.example/u>", "List-Post: NO"),
		Entry("a list's owner", kindBulk, false, "owner-users@lists.example"),
		Entry("a list's request address", kindBulk, false, "users-request@lists.example"),
	)

	DescribeTable("LMI-3 is Person for", func(lines ...string) {
		v := classify(parsed(append([]string{"From: Claire <claire@customers.example>"}, lines...)...), sender)
		Expect(v).To(Equal(classification{kind: kindPerson, author: sender, sender: sender}))
	},
		Entry("a plain mail"),
		Entry("Auto-Submitted: no", "Auto-Submitted: no"),
		Entry("Auto-Submitted: no with a comment", "Auto-Submitted: No (really)"),
		Entry("another precedence", "Precedence: first-class"),
		Entry("a mail with attachments", "Content-Type: multipart/mixed; boundary=x"),
		Entry("X-Auto-Response-Suppress: None", "X-Auto-Response-Suppress: None"),
		Entry("a mail that suppresses replies", "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply"),
		Entry("a mail to unsubscribe from", "List-Unsubscribe: <https://lists.example/u>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
	)

	It("is Automatic if From is a noreply address", func() {
		Expect(classify(parsed("From: Shop <noreply@shop.example>"), sender).kind).To(Equal(kindAutomatic))
	})

	It("counts a mail from the null sender as such, whatever From says", func() {
		Expect(classify(parsed("From: claire@customers.example"), "").sender).To(BeEmpty())
	})
})

var _ = Describe("A mail in a loop", func() {
	It("is recognized by each intake that it has passed through", func() {
		h := parsed("From: a@customers.example", "Usher-Intake: Support@In.acme.example", "usher-INTAKE :  other@in.acme.example ")
		Expect(h.passedThrough(support)).To(BeTrue())
		Expect(h.passedThrough("other@in.acme.example")).To(BeTrue())
		Expect(h.passedThrough("third@in.acme.example")).To(BeFalse())
		Expect(parsed("Usher-Intake: sop%C3%B3rte@in.acme.example").passedThrough("sopórte@in.acme.example")).To(BeTrue())
	})
})
