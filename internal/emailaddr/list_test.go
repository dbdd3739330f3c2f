// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
)

var _ = Describe("Addresses with names", func() {
	DescribeTable("NOV-3 are read as mail clients write them", func(entry string, expected ...string) {
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
		Entry("mixed with bare ones, by all separators",
			"luis@acme.example Ana Pérez <ana@acme.example> sam@acme.example,Eva <eva@acme.example>\nnora@acme.example kim@acme.example",
			"luis@acme.example", `"Ana Pérez" <ana@acme.example>`, "sam@acme.example", `"Eva" <eva@acme.example>`,
			"nora@acme.example", "kim@acme.example"),
		Entry("right to left", "دانا <dana@acme.example>", `"دانا" <dana@acme.example>`),
		Entry("the first name given wins", "ana@acme.example, Ana <ANA@acme.example>, Anna <ana@acme.example>", `"Ana" <ana@acme.example>`),
	)

	DescribeTable("are refused with the entry's number, the text and what to do", func(entry, message string) {
		_, err := emailaddr.ParseList([]string{"sam@acme.example", entry})
		Expect(err).To(MatchError(message))
		Expect(err.(emailaddr.Faults)[0].Entry).To(Equal(2)) //nolint:errorlint,forcetypeassert // the type is promised
	},
		Entry("a comma without quotes", "Pérez, Ana <ana@acme.example>", `entry 2: "Pérez" is not an e-mail address such as `+
			`ana@acme.example (a name that holds a comma stands in quotes: "Pérez, Ana" <ana@acme.example>)`),
		Entry("a name alone", `eva@acme.example "Ana Pérez"`, `entry 2: "Ana Pérez" is not an e-mail address such as ana@acme.example`),
		Entry("a name and an address without brackets", "Ana Pérez ana@acme.example",
			`entry 2: "Ana Pérez" is not an e-mail address such as ana@acme.example`),
		Entry("a name over two lines", "Ana\nPérez <ana@acme.example>", `entry 2: "Ana" is not an e-mail address such as ana@acme.example`),
		Entry("no address in the brackets", "Ana <ana>", `entry 2: "ana" is not an e-mail address such as ana@acme.example`),
		Entry("a quote left open", `"Ana <ana@acme.example>`, `entry 2: "\"Ana <ana@acme.example>" cannot be read: close quotes and `+
			`angle brackets, and separate addresses, as in "Pérez, Ana" <ana@acme.example>, eva@acme.example`),
		Entry("a bracket left open", "Ana <ana@acme.example, eva@acme.example", `entry 2: "<ana@acme.example, eva@acme.example" cannot be `+
			`read: close quotes and angle brackets, and separate addresses, as in "Pérez, Ana" <ana@acme.example>, eva@acme.example`),
		Entry("a direction override", "\u202eanA <ana@acme.example>", `entry 2: the name "\u202eanA" of ana@acme.example must be one `+
			`line of at most 128 characters, without control characters and without those that turn the direction of text`),
		Entry("a line break in quotes", "\"Ana\r\nBcc: x\" <ana@acme.example>", `entry 2: the name "Ana\r\nBcc: x" of ana@acme.example `+
			`must be one line of at most 128 characters, without control characters and without those that turn the direction of text`),
		Entry("two faults", "luis, eva@acme", `entry 2: "luis" is not an e-mail address such as ana@acme.example (a name that holds a `+
			`comma stands in quotes: "Pérez, Ana" <ana@acme.example>); entry 2: "eva@acme" is not an e-mail address such as ana@acme.example`),
		Entry("a long text", strings.Repeat("a", 500), `entry 2: "`+strings.Repeat("a", 80)+`…" is not an e-mail address such as ana@acme.example`),
	)

	It("are told about ten faults at most", func() {
		_, err := emailaddr.ParseList([]string{strings.Repeat("a,", 5000), "b"})
		Expect(err).To(BeAssignableToTypeOf(emailaddr.Faults{}))
		Expect(err).To(HaveLen(10))
	})

	It("have names of at most 128 characters", func() {
		Expect(parsed(strings.Repeat("ñ", 128) + " <ana@acme.example>")).To(HaveLen(1))
		_, err := parsed(strings.Repeat("ñ", 129) + " <ana@acme.example>")
		Expect(err).To(MatchError(ContainSubstring("at most 128 characters")))
	})
})

var _ = Describe("Internationalized domains", func() {
	DescribeTable("are one account's in both forms", func(a, b string) {
		Expect(emailaddr.Same(a, b)).To(BeTrue())
		Expect(parsed(a + ", " + b)).To(Equal([]string{a}))
		Expect(emailaddr.ObjectName(a)).To(Equal(emailaddr.ObjectName(b)))
	},
		Entry("U-label and A-label", "ana@españa.example", "ana@xn--espaa-rta.example"),
		Entry("letters' case", "ana@ESPAÑA.example", "ana@XN--ESPAA-RTA.example"),
		Entry("composed and decomposed", "josé@cañas.example", "jose\u0301@can\u0303as.example"),
		Entry("another script", "ana@例子.example", "ana@xn--fsqu00a.example"),
	)

	It("are two accounts' where the letters differ", func() {
		Expect(emailaddr.Same("ana@straße.example", "ana@strasse.example")).To(BeFalse())
		Expect(emailaddr.Same("ana@españa.example", "ana@espana.example")).To(BeFalse())
	})

	DescribeTable("are refused when DNS cannot hold them", func(address string) {
		Expect(emailaddr.Valid(address)).To(BeFalse())
	},
		Entry("no punycode", "ana@xn--a.example"),
		Entry("punycode of what is ASCII", "ana@xn--acme-.example"),
		Entry("a mark first", "ana@\u0301a.example"),
		Entry("directions mixed", "ana@aא.example"),
		Entry("a label of more than 63 bytes in DNS", "ana@"+strings.Repeat("ñ", 63)+".example"),
	)
})

// apiRules are the rules about one entry of spec.emails as the API server checks them.
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

// passesAPI tells whether the API server lets an entry through: the first rule demands, the second forbids.
func passesAPI(entry string) bool {
	return apiRules[0].MatchString(entry) && !apiRules[1].MatchString(entry)
}

var _ = Describe("The API's rules about an entry", func() {
	It("are two, and refuse what is evidently no list", func() {
		Expect(apiRules).To(HaveLen(2))
		Expect(passesAPI("Ana <ana@acme.example>\n\teva@acme.example")).To(BeTrue())
		for _, evident := range []string{"   ", "luis", " , ; ", "luis\u0007@acme.example", "\u202eana@acme.example", "@", "ana @acme.example"} {
			Expect(passesAPI(evident)).To(BeFalse(), "%q", evident)
		}
	})
})
