// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
)

var _ = Describe("An address", func() {
	DescribeTable("is valid", func(address string) {
		Expect(emailaddr.Valid(address)).To(BeTrue())
		Expect(parsed(address)).To(Equal([]string{address}))
	},
		Entry("plain", "ana@acme.example"),
		Entry("tagged", "ana.maria+list@mail.acme.example"),
		Entry("odd but allowed", "o'neil_!#$%&*/=?^`{|}~-@acme.example"),
		Entry("letters beyond ASCII", "josé.ñandú@cañas.example"),
		Entry("a domain with vowel signs", "ana@हिन्दी.example"),
		Entry("one letter", "a@b.c"),
		Entry("the longest local part", strings.Repeat("a", 64)+"@acme.example"),
		Entry("64 letters of two bytes", strings.Repeat("ñ", 64)+"@acme.example"),
		Entry("254 characters", "a@"+strings.Repeat("b", 244)+".example"),
	)

	DescribeTable("is not valid where the API's EmailAddress refuses it", func(address string) {
		Expect(emailaddr.Valid(address)).To(BeFalse())
	},
		Entry("an empty text", ""),
		Entry("no @", "ana.acme.example"),
		Entry("two @", "ana@home@acme.example"),
		Entry("no local part", "@acme.example"),
		Entry("no domain", "ana@"),
		Entry("one label", "ana@localhost"),
		Entry("a name before it", "Ana <ana@acme.example>"),
		Entry("angle brackets", "<ana@acme.example>"),
		Entry("a header's line break", "ana@acme.example\r\nBcc: all@acme.example"),
		Entry("a control character", "an\x00a@acme.example"),
		Entry("a direction override", "ana\u202e@acme.example"),
		Entry("a no-break space", "an\u00a0a@acme.example"),
		Entry("a quoted local part", `"ana"@acme.example`),
		Entry("a dot first", ".ana@acme.example"),
		Entry("a dot before the @", "ana.@acme.example"),
		Entry("two dots", "ana..p@acme.example"),
		Entry("a dot after the @", "ana@.acme.example"),
		Entry("a dot last", "ana@acme.example."),
		Entry("two dots in the domain", "ana@acme..example"),
		Entry("a hyphen first in the domain", "ana@-acme.example"),
		Entry("a hyphen last in a label", "ana@acme-.example"),
		Entry("a hyphen first in a label", "ana@acme.-example"),
		Entry("a hyphen last", "ana@acme.example-"),
		Entry("an underscore in the domain", "ana@ac_me.example"),
		Entry("an address literal", "ana@[127.0.0.1]"),
		Entry("65 characters before the @", strings.Repeat("a", 65)+"@acme.example"),
		Entry("255 characters", "a@"+strings.Repeat("b", 245)+".example"),
	)
})

var _ = Describe("An internationalized domain", func() {
	DescribeTable("belongs to one account in all forms", func(a, b string) {
		Expect(emailaddr.Same(a, b)).To(BeTrue())
		Expect(parsed(a + ", " + b)).To(Equal([]string{a}))
		Expect(emailaddr.ObjectName(a)).To(Equal(emailaddr.ObjectName(b)))
	},
		Entry("U-label and A-label", "ana@españa.example", "ana@xn--espaa-rta.example"),
		Entry("the case of letters", "ana@ESPAÑA.example", "ana@XN--ESPAA-RTA.example"),
		Entry("composed and decomposed", "josé@cañas.example", "jose\u0301@can\u0303as.example"),
		Entry("another script", "ana@例子.example", "ana@xn--fsqu00a.example"),
	)

	It("belongs to another account when its letters differ", func() {
		Expect(emailaddr.Same("ana@straße.example", "ana@strasse.example")).To(BeFalse())
		Expect(emailaddr.Same("ana@españa.example", "ana@espana.example")).To(BeFalse())
	})

	DescribeTable("is not valid when DNS cannot contain it", func(address string) {
		Expect(emailaddr.Valid(address)).To(BeFalse())
	},
		Entry("invalid punycode", "ana@xn--a.example"),
		Entry("punycode of what is ASCII", "ana@xn--acme-.example"),
		Entry("a combining mark first", "ana@\u0301a.example"),
		Entry("mixed directions", "ana@aא.example"),
		Entry("a label of more than 63 bytes in DNS", "ana@"+strings.Repeat("ñ", 63)+".example"),
	)
})
