// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// parsed returns the people of an address list, each as a text.
func parsed(entries ...string) ([]string, error) {
	people, err := emailaddr.ParseList(entries)
	var list []string
	for _, person := range people {
		list = append(list, person.String())
	}
	return list, err
}

var _ = Describe("An address list", func() {
	DescribeTable("NOV-3 may contain many addresses in one entry, separated by", func(entry string) {
		Expect(parsed(entry)).To(Equal([]string{"luis@acme.example", "eva@acme.example", "sam@acme.example"}))
	},
		Entry("space", "luis@acme.example eva@acme.example sam@acme.example"),
		Entry("comma", "luis@acme.example,eva@acme.example,sam@acme.example"),
		Entry("semicolon", "luis@acme.example;eva@acme.example;sam@acme.example"),
		Entry("line break", "luis@acme.example\neva@acme.example\r\nsam@acme.example\n"),
		Entry("tab and no-break space", "luis@acme.example\teva@acme.example\u00a0sam@acme.example"),
		Entry("all of them", " ,luis@acme.example, eva@acme.example ;; sam@acme.example; "),
	)

	It("NOV-3 keeps the order over several entries", func() {
		Expect(parsed("c@acme.example, a@acme.example", "b@acme.example")).To(Equal(
			[]string{"c@acme.example", "a@acme.example", "b@acme.example"}))
	})

	It("contains an address once, as it was first written, whatever the case of its letters", func() {
		Expect(parsed("Ana@Acme.example ana@acme.example", "ANA@ACME.EXAMPLE")).To(Equal(
			[]string{"Ana@Acme.example"}))
		Expect(emailaddr.Same(" Ana@Acme.example", "ana@acme.example")).To(BeTrue())
		Expect(emailaddr.Same("ana@acme.example", "anna@acme.example")).To(BeFalse())
	})

	It("is refused with the entry and the text that is not an address", func() {
		_, err := emailaddr.ParseList([]string{"ana@acme.example", "eva@acme.example, luis at acme"})
		Expect(err).To(MatchError(`entry 2: "luis at acme" is not an email address such as ana@acme.example`))
	})

	DescribeTable("is refused without an address", func(entries ...string) {
		_, err := emailaddr.ParseList(entries)
		Expect(err).To(MatchError(ContainSubstring("contains no address: add at least one")))
	},
		Entry("no entry"),
		Entry("an empty entry", ""),
		Entry("separators only", " ,;\n", ";"),
	)

	It("OPS-9 is refused unread if it is longer than a hundred long addresses with names, several times over", func() {
		pasted := make([]string, 0, 16)
		for range 16 {
			pasted = append(pasted, strings.Repeat("ana@acme.example ", 481)[:8176])
		}
		Expect(emailaddr.ParseList(pasted)).To(HaveLen(1), "once, however often it is named")
		_, err := emailaddr.ParseList(append(pasted, "eva@acme.example", strings.Repeat("x", 250)))
		Expect(err).To(MatchError("has 129 KiB of text, but at most 128 KiB are allowed: name each address once, or split the list into several Invitations"))
	})

	It("may contain a hundred addresses, and is refused with their number when there are more", func() {
		hundred := make([]string, 100)
		for i := range hundred {
			hundred[i] = fmt.Sprintf("p%d@acme.example", i)
		}
		Expect(emailaddr.ParseList([]string{strings.Join(hundred, " ")})).To(HaveLen(100))
		Expect(emailaddr.ParseList(slices.Concat(hundred, []string{"P7@acme.example"}))).To(HaveLen(100), "a repeated address does not count")
		_, err := emailaddr.ParseList(slices.Concat(hundred, []string{"one-more@acme.example"}))
		Expect(err).To(MatchError("contains 101 addresses, but at most 100 are allowed: split the list into several Invitations"))
	})
})

var _ = Describe("An address with a name", func() {
	DescribeTable("NOV-3 is read as mail clients write it", func(entry string, expected ...string) {
		Expect(parsed(entry)).To(Equal(expected))
	},
		Entry("a name of several words", "Ana Pérez <ana@acme.example>", `"Ana Pérez" <ana@acme.example>`),
		Entry("a name in quotes", `"Pérez, Ana; Dr." <ana@acme.example>`, `"Pérez, Ana; Dr." <ana@acme.example>`),
		Entry("quotes within quotes", `"Ana \"Nita\" P" <ana@acme.example>`, `"Ana \"Nita\" P" <ana@acme.example>`),
		Entry("words and quotes", `Dr. "Ana  M." Pérez <ana@acme.example>`, `"Dr. Ana  M. Pérez" <ana@acme.example>`),
		Entry("an address in a quoted name", `"boss@acme.example" <ana@acme.example>`, `"boss@acme.example" <ana@acme.example>`),
		Entry("no name", "<ana@acme.example>", "ana@acme.example"),
		Entry("a blank name", `"  " <ana@acme.example>`, "ana@acme.example"),
		Entry("no space", "Ana<ana@acme.example>;Eva<eva@acme.example>", `"Ana" <ana@acme.example>`, `"Eva" <eva@acme.example>`),
		Entry("bare addresses in between, with all separators",
			"luis@acme.example Ana Pérez <ana@acme.example> sam@acme.example,Eva <eva@acme.example>\nnora@acme.example kim@acme.example",
			"luis@acme.example", `"Ana Pérez" <ana@acme.example>`, "sam@acme.example", `"Eva" <eva@acme.example>`,
			"nora@acme.example", "kim@acme.example"),
		Entry("right to left", "دانا <dana@acme.example>", `"دانا" <dana@acme.example>`),
		Entry("several names, of which the first counts", "ana@acme.example, Ana <ANA@acme.example>, Anna <ana@acme.example>", `"Ana" <ana@acme.example>`),
	)

	DescribeTable("NOV-3 reads names as mail programs write them, with a comma and without quotes", func(entry string, people ...string) {
		Expect(parsed(entry)).To(Equal(people))
	},
		Entry("one", "Pérez, Ana <ana@acme.example>", `"Pérez, Ana" <ana@acme.example>`),
		Entry("several, separated by semicolons", "Pérez Gil, Ana <ana@acme.example>; Ruiz, Eva <eva@acme.example>;",
			`"Pérez Gil, Ana" <ana@acme.example>`, `"Ruiz, Eva" <eva@acme.example>`),
		Entry("several, separated by commas", "Pérez, Ana <ana@acme.example>, Ruiz, Eva <eva@acme.example>",
			`"Pérez, Ana" <ana@acme.example>`, `"Ruiz, Eva" <eva@acme.example>`),
		Entry("after a bare address", "luis@acme.example, Pérez, Ana <ana@acme.example>", "luis@acme.example",
			`"Pérez, Ana" <ana@acme.example>`),
		Entry("two commas", "King, Martin, Jr. <martin@acme.example>", `"King, Martin, Jr." <martin@acme.example>`),
		Entry("quotes in a part", `"O'Neil", Ana <ana@acme.example>`, `"O'Neil, Ana" <ana@acme.example>`),
		Entry("a comma directly before the address", "Pérez, <ana@acme.example>", `"Pérez" <ana@acme.example>`),
	)

	DescribeTable("NOV-3 tells a name that was joined at a comma", func(entry string, joined bool) {
		people, err := emailaddr.ParseList([]string{entry})
		Expect(err).NotTo(HaveOccurred())
		Expect(people).To(HaveExactElements(HaveField("Joined", joined)))
	},
		Entry(nil, "Pérez, Ana <ana@acme.example>", true),
		Entry(nil, `"Pérez, Ana" <ana@acme.example>`, false),
		Entry(nil, "Ana Pérez <ana@acme.example>", false),
	)

	DescribeTable("is refused with the number of the entry, the text and what to do", func(entry, message string) {
		_, err := emailaddr.ParseList([]string{"sam@acme.example", entry})
		Expect(err).To(MatchError(message))
		Expect(err.(emailaddr.Faults)[0].Entry).To(Equal(2)) //nolint:errorlint,forcetypeassert // the type is promised
	},
		Entry("a name with a comma, but without an address", "Pérez, Ana; eva@acme.example", `entry 2: "Pérez" is not an email address `+
			`such as ana@acme.example (a name is followed by the address in angle brackets: Pérez, Ana <ana@acme.example>); `+
			`entry 2: "Ana" is not an email address such as ana@acme.example`),
		Entry("a name with a comma, before a bare address", "Pérez, eva@acme.example Ana <ana@acme.example>", `entry 2: "Pérez" is not an `+
			`email address such as ana@acme.example (a name is followed by the address in angle brackets: Pérez, Ana <ana@acme.example>)`),
		Entry("a name alone", `eva@acme.example "Ana Pérez"`, `entry 2: "Ana Pérez" is not an email address such as ana@acme.example`),
		Entry("a name and an address without brackets", "Ana Pérez ana@acme.example",
			`entry 2: "Ana Pérez" is not an email address such as ana@acme.example`),
		Entry("a name over two lines", "Ana\nPérez <ana@acme.example>", `entry 2: "Ana" is not an email address such as ana@acme.example`),
		Entry("no address in the brackets", "Ana <ana>", `entry 2: "ana" is not an email address such as ana@acme.example`),
		Entry("a quote left open", `"Ana <ana@acme.example>`, `entry 2: "\"Ana <ana@acme.example>" cannot be read: close quotes and `+
			`angle brackets, and separate addresses, as in "Pérez, Ana" <ana@acme.example>, eva@acme.example`),
		Entry("a bracket left open", "Ana <ana@acme.example, eva@acme.example", `entry 2: "<ana@acme.example, eva@acme.example" cannot be `+
			`read: close quotes and angle brackets, and separate addresses, as in "Pérez, Ana" <ana@acme.example>, eva@acme.example`),
		Entry("a direction override", "\u202eanA <ana@acme.example>", `entry 2: the name "\u202eanA" of ana@acme.example must be a `+
			`single line of at most 128 characters, without control characters or characters that change the direction of text`),
		Entry("a line break in quotes", "\"Ana\r\nBcc: x\" <ana@acme.example>", `entry 2: the name "Ana\r\nBcc: x" of ana@acme.example `+
			`must be a single line of at most 128 characters, without control characters or characters that change the direction of text`),
		Entry("two faults", "luis, eva@acme", `entry 2: "luis" is not an email address such as ana@acme.example (a name is followed by `+
			`the address in angle brackets: Pérez, Ana <ana@acme.example>); entry 2: "eva@acme" is not an email address such as ana@acme.example`),
		Entry("a long text", strings.Repeat("a", 500), `entry 2: "`+strings.Repeat("a", 80)+`…" is not an email address such as ana@acme.example`),
	)

	It("is refused with ten faults at most", func() {
		_, err := emailaddr.ParseList([]string{strings.Repeat("a,", 5000), "b"})
		Expect(err).To(BeAssignableToTypeOf(emailaddr.Faults{}))
		Expect(err).To(HaveLen(10))
	})

	It("may have a name of at most 128 characters", func() {
		Expect(parsed(strings.Repeat("ñ", 128) + " <ana@acme.example>")).To(HaveLen(1))
		_, err := parsed(strings.Repeat("ñ", 129) + " <ana@acme.example>")
		Expect(err).To(MatchError(ContainSubstring("at most 128 characters")))
	})
})

// apiRules are the API server's rules about one entry of spec.emails.
var apiRules = func() []*regexp.Regexp {
	source, err := os.ReadFile(filepath.Join("..", "..", "api", "v1alpha1", "invitation_types.go"))
	if err != nil {
		panic(err)
	}
	var rules []*regexp.Regexp
	for _, found := range regexp.MustCompile("items:XValidation:rule=`(!?)self.matches\\(r'(.*?)'\\)`").FindAllStringSubmatch(string(source), -1) {
		rules = append(rules, regexp.MustCompile(found[2]))
	}
	return rules
}()

// passesAPI reports whether the API server accepts an entry: it must match the first rule, and must not match the second.
func passesAPI(entry string) bool {
	return apiRules[0].MatchString(entry) && !apiRules[1].MatchString(entry)
}

var _ = Describe("The API's rules about an entry of spec.emails", func() {
	It("are two, and refuse what is obviously not a list", func() {
		Expect(apiRules).To(HaveLen(2))
		Expect(passesAPI("Ana <ana@acme.example>\n\teva@acme.example")).To(BeTrue())
		for _, evident := range []string{"   ", "luis", " , ; ", "luis\u0007@acme.example", "\u202eana@acme.example", "@", "ana @acme.example"} {
			Expect(passesAPI(evident)).To(BeFalse(), "%q", evident)
		}
	})
})

var _ = Describe("ParseLongList", func() {
	It("CLI-1 reads more people than an Invitation has room for", func() {
		var text strings.Builder
		for n := range emailaddr.MaxRecipients + 1 {
			fmt.Fprintf(&text, "p%d@acme.example\n", n)
		}
		Expect(emailaddr.ParseLongList([]string{text.String()})).To(HaveLen(emailaddr.MaxRecipients + 1))
		_, err := emailaddr.ParseList([]string{text.String()})
		Expect(err).To(MatchError(ContainSubstring("at most 100 are allowed")))
	})
})
