// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// parsed gives the people of an address list in the form in which they are written.
func parsed(entries ...string) ([]string, error) {
	people, err := emailaddr.ParseList(entries)
	var list []string
	for _, person := range people {
		list = append(list, person.String())
	}
	return list, err
}

var _ = Describe("Address lists", func() {
	DescribeTable("NOV-3 one entry holds many addresses, separated by", func(entry string) {
		Expect(parsed(entry)).To(Equal([]string{"luis@acme.example", "eva@acme.example", "sam@acme.example"}))
	},
		Entry("space", "luis@acme.example eva@acme.example sam@acme.example"),
		Entry("comma", "luis@acme.example,eva@acme.example,sam@acme.example"),
		Entry("semicolon", "luis@acme.example;eva@acme.example;sam@acme.example"),
		Entry("line break", "luis@acme.example\neva@acme.example\r\nsam@acme.example\n"),
		Entry("tab and no-break space", "luis@acme.example\teva@acme.example\u00a0sam@acme.example"),
		Entry("all of them together", " ,luis@acme.example, eva@acme.example ;; sam@acme.example; "),
	)

	It("NOV-3 keeps the order over several entries", func() {
		Expect(parsed("c@acme.example, a@acme.example", "b@acme.example")).To(Equal(
			[]string{"c@acme.example", "a@acme.example", "b@acme.example"}))
	})

	It("takes an address once whatever its letters' case, as it was first written", func() {
		Expect(parsed("Ana@Acme.example ana@acme.example", "ANA@ACME.EXAMPLE")).To(Equal(
			[]string{"Ana@Acme.example"}))
		Expect(emailaddr.Same(" Ana@Acme.example", "ana@acme.example")).To(BeTrue())
		Expect(emailaddr.Same("ana@acme.example", "anna@acme.example")).To(BeFalse())
	})

	It("names the entry and the text that is no address", func() {
		_, err := emailaddr.ParseList([]string{"ana@acme.example", "eva@acme.example, luis at acme"})
		Expect(err).To(MatchError(`entry 2: "luis at acme" is not an e-mail address such as ana@acme.example`))
	})

	DescribeTable("asks for at least one address", func(entries ...string) {
		_, err := emailaddr.ParseList(entries)
		Expect(err).To(MatchError(ContainSubstring("names no address: at least one is needed")))
	},
		Entry("no entry"),
		Entry("an empty entry", ""),
		Entry("separators only", " ,;\n", ";"),
	)

	It("takes a hundred addresses, and says how many more than that are too many", func() {
		hundred := make([]string, 100)
		for i := range hundred {
			hundred[i] = fmt.Sprintf("p%d@acme.example", i)
		}
		Expect(emailaddr.ParseList([]string{strings.Join(hundred, " ")})).To(HaveLen(100))
		Expect(emailaddr.ParseList(slices.Concat(hundred, []string{"P7@acme.example"}))).To(HaveLen(100), "one more that is there already")
		_, err := emailaddr.ParseList(slices.Concat(hundred, []string{"one-more@acme.example"}))
		Expect(err).To(MatchError("names 101 addresses, at most 100 are possible: split it into several invitations"))
	})

	DescribeTable("knows an address", func(address string) {
		Expect(emailaddr.Valid(address)).To(BeTrue())
		Expect(parsed(address)).To(Equal([]string{address}))
	},
		Entry("plain", "ana@acme.example"),
		Entry("tagged", "ana.maria+list@mail.acme.example"),
		Entry("odd but allowed", "o'neil_!#$%&*/=?^`{|}~-@acme.example"),
		Entry("letters of the world", "josé.ñandú@cañas.example"),
		Entry("a name with vowel signs", "ana@हिन्दी.example"),
		Entry("one letter", "a@b.c"),
		Entry("the longest local part", strings.Repeat("a", 64)+"@acme.example"),
		Entry("64 letters of two bytes", strings.Repeat("ñ", 64)+"@acme.example"),
		Entry("254 characters", "a@"+strings.Repeat("b", 244)+".example"),
	)

	DescribeTable("refuses what the API's EmailAddress refuses", func(address string) {
		Expect(emailaddr.Valid(address)).To(BeFalse())
	},
		Entry("nothing", ""),
		Entry("no @", "ana.acme.example"),
		Entry("two @", "ana@home@acme.example"),
		Entry("no local part", "@acme.example"),
		Entry("no domain", "ana@"),
		Entry("one label", "ana@localhost"),
		Entry("with a name", "Ana <ana@acme.example>"),
		Entry("bracketed", "<ana@acme.example>"),
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
