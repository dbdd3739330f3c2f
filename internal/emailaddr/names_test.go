// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package emailaddr_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/internal/emailaddr"
)

var _ = Describe("Display names", func() {
	DescribeTable("LMI-5 a dot splits first and last name", func(address, name string) {
		Expect(emailaddr.DisplayName(address)).To(Equal(name))
	},
		Entry(nil, "claire.johnson@acme.example", "Claire Johnson"),
		Entry(nil, "c.johnson@acme.example", "C Johnson"),
		Entry(nil, "claire.marie.johnson@acme.example", "Claire Marie Johnson"),
		Entry("with letters beyond ASCII", "álvaro.ñíguez@acme.example", "Álvaro Ñíguez"),
		Entry("with a tag", "claire.johnson+news.letter@acme.example", "Claire Johnson"),
		Entry("other letters stay as they are", "claire.mcCoy-lee@acme.example", "Claire McCoy-lee"),
	)

	DescribeTable("LMI-6 without a dot the local part serves as both names", func(address, both string) {
		Expect(emailaddr.DisplayName(address)).To(Equal(both + " " + both))
	},
		Entry(nil, "clairejohnson@acme.example", "Clairejohnson"),
		Entry("one letter", "c@acme.example", "C"),
		Entry("with a tag", "claire+news@acme.example", "Claire"),
		Entry("nothing but a tag", "+news@acme.example", "+news"),
		Entry("the dots of the domain do not count", "claire@mail.acme.example", "Claire"),
	)

	It("is shorter than status.displayName may be, whatever the address", func() {
		name := emailaddr.DisplayName(strings.Repeat("a", 64) + "@acme.example")
		Expect(len(name)).To(BeNumerically("<=", 160))
	})
})

var _ = Describe("Names of invited people's OrgUsers", func() {
	DescribeTable("are readable, valid names of objects", func(address, slug string) {
		name := emailaddr.ObjectName(address)
		Expect(name).To(MatchRegexp("^" + slug + "-[0-9a-f]{8}$"))
		Expect(validation.IsDNS1123Label(name)).To(BeEmpty())
	},
		Entry("plain", "luis@acme.example", "luis"),
		Entry("dots and tags", "ana.maria+list@acme.example", "ana-maria-list"),
		Entry("upper case", "LUIS@ACME.EXAMPLE", "luis"),
		Entry("accents", "josé@acme.example", "jos"),
		Entry("no letter of a name", "名前@acme.example", "user"),
		Entry("signs only", "_!#$@acme.example", "user"),
		Entry("signs around", "--ana--@acme.example", "ana"),
		Entry("digits", "007@acme.example", "007"),
		Entry("nothing", "", "user"),
		Entry("long", strings.Repeat("a", 64)+"@acme.example", strings.Repeat("a", 40)),
		Entry("long, cut at a hyphen", strings.Repeat("a", 39)+"."+strings.Repeat("b", 20)+"@acme.example", strings.Repeat("a", 39)),
	)

	It("are the same every time, whatever the letters' case", func() {
		Expect(emailaddr.ObjectName("Luis@Acme.example")).To(Equal(emailaddr.ObjectName("luis@acme.example")))
	})

	It("tell addresses apart that read alike", func() {
		names := map[string]bool{}
		addresses := []string{"ana.p@acme.example", "ana-p@acme.example", "ana_p@acme.example", "ana.p@other.example"}
		for _, address := range addresses {
			names[emailaddr.ObjectName(address)] = true
		}
		Expect(names).To(HaveLen(len(addresses)))
	})
})
