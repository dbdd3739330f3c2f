// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/internal/emailaddr"
)

var _ = Describe("A display name", func() {
	DescribeTable("LMI-5 is split into first and last name at a dot", func(address, name string) {
		Expect(emailaddr.DisplayName(address)).To(Equal(name))
	},
		Entry(nil, "claire.johnson@acme.example", "Claire Johnson"),
		Entry(nil, "c.johnson@acme.example", "C Johnson"),
		Entry(nil, "claire.marie.johnson@acme.example", "Claire Marie Johnson"),
		Entry("letters beyond ASCII", "álvaro.ñíguez@acme.example", "Álvaro Ñíguez"),
		Entry("a tag", "claire.johnson+news.letter@acme.example", "Claire Johnson"),
		Entry("other letters, which stay as they are", "claire.mcCoy-lee@acme.example", "Claire McCoy-lee"),
	)

	DescribeTable("LMI-6 is the local part twice, without a dot", func(address, both string) {
		Expect(emailaddr.DisplayName(address)).To(Equal(both + " " + both))
	},
		Entry(nil, "clairejohnson@acme.example", "Clairejohnson"),
		Entry("one letter", "c@acme.example", "C"),
		Entry("a tag", "claire+news@acme.example", "Claire"),
		Entry("only a tag", "+news@acme.example", "+news"),
		Entry("dots in the domain only", "claire@mail.acme.example", "Claire"),
	)

	DescribeTable("LMI-6 is said once where people are addressed, if it is the same word twice", func(name, called string) {
		Expect(emailaddr.FormOfAddress(name)).To(Equal(called))
	},
		Entry("derived without a dot", emailaddr.DisplayName("nora@acme.example"), "Nora"),
		Entry("derived with a dot", emailaddr.DisplayName("claire.johnson@acme.example"), "Claire Johnson"),
		Entry("surrounded by spaces", " Nora  Nora ", "Nora"),
		Entry("two words of which only the case differs", "Nora nora", "Nora nora"),
		Entry("more words", "Nora Nora Gil", "Nora Nora Gil"),
		Entry("one word", "Nora", "Nora"),
		Entry("nothing", "", ""),
	)

	It("fits in status.displayName, whatever the address", func() {
		name := emailaddr.DisplayName(strings.Repeat("a", 64) + "@acme.example")
		Expect(len(name)).To(BeNumerically("<=", 160))
	})
})

var _ = Describe("An object name", func() {
	DescribeTable("is readable and valid", func(address, slug string) {
		name := emailaddr.ObjectName(address)
		Expect(name).To(MatchRegexp("^" + slug + "-[0-9a-f]{8}$"))
		Expect(validation.IsDNS1123Label(name)).To(BeEmpty())
	},
		Entry("a plain address", "luis@acme.example", "luis"),
		Entry("dots and tags", "ana.maria+list@acme.example", "ana-maria-list"),
		Entry("upper case", "LUIS@ACME.EXAMPLE", "luis"),
		Entry("accents", "josé@acme.example", "jos"),
		Entry("no letter that a name may contain", "名前@acme.example", "user"),
		Entry("signs only", "_!#$@acme.example", "user"),
		Entry("signs at both ends", "--ana--@acme.example", "ana"),
		Entry("digits", "007@acme.example", "007"),
		Entry("an empty text", "", "user"),
		Entry("a long local part", strings.Repeat("a", 64)+"@acme.example", strings.Repeat("a", 40)),
		Entry("a long local part, cut at a hyphen", strings.Repeat("a", 39)+"."+strings.Repeat("b", 20)+"@acme.example", strings.Repeat("a", 39)),
	)

	It("is the same whatever the case of the address", func() {
		Expect(emailaddr.ObjectName("Luis@Acme.example")).To(Equal(emailaddr.ObjectName("luis@acme.example")))
	})

	DescribeTable("ORG-28 is followed by others for when somebody else has it, which are valid, readable and always the same", func(address, slug string) {
		names := slices.Collect(emailaddr.ObjectNames(address))
		Expect(names[0]).To(Equal(emailaddr.ObjectName(address)))
		Expect(names[1:]).To(And(HaveLen(9), HaveEach(MatchRegexp("^"+slug+"-[0-9a-f]{20}$"))))
		for _, name := range names {
			Expect(validation.IsDNS1123Label(name)).To(BeEmpty())
		}
		Expect(slices.Compact(slices.Sorted(slices.Values(names)))).To(HaveLen(10))
		Expect(slices.Collect(emailaddr.ObjectNames(strings.ToUpper(address)))).To(Equal(names))
	},
		Entry("a plain address", "luis@acme.example", "luis"),
		Entry("no letter that a name may contain", "名前@acme.example", "user"),
		Entry("a long local part", strings.Repeat("a", 64)+"@acme.example", strings.Repeat("a", 40)),
	)

	It("ORG-28 and the others differ from those of another address", func() {
		luis, lucas := emailaddr.ObjectNames("luis@acme.example"), emailaddr.ObjectNames("luis@other.example")
		Expect(slices.Collect(luis)).NotTo(ContainElements(slices.Collect(lucas)))
		for name := range luis {
			Expect(name).To(Equal(emailaddr.ObjectName("luis@acme.example")))
			break
		}
	})

	It("differs for addresses that look alike", func() {
		names := map[string]bool{}
		addresses := []string{"ana.p@acme.example", "ana-p@acme.example", "ana_p@acme.example", "ana.p@other.example"}
		for _, address := range addresses {
			names[emailaddr.ObjectName(address)] = true
		}
		Expect(names).To(HaveLen(len(addresses)))
	})
})
