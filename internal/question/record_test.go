// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/linktoken"
)

var _ = Describe("The record", func() {
	It("is read as it was written, in every state", func() {
		waiting, received, failed, passed := asked(), asked(), asked(), asked()
		for _, q := range []*Question{received, failed, passed} {
			q.Confirm(noon)
		}
		failed.Note(KindQuestion, never, noon)
		passed.NoteAccount()
		passed.Note(KindQuestion, taken, noon)
		passed.Note(KindReceipt, taken, noon)
		for _, q := range []*Question{waiting, received, failed, passed} {
			data, err := Encode(q)
			Expect(err).NotTo(HaveOccurred())
			Expect(Decode(data)).To(Equal(q))
		}
		data, err := Encode(passed)
		Expect(err).NotTo(HaveOccurred())
		Expect(data).To(And(HaveLen(1), HaveKeyWithValue(keyRecord, Not(Or(ContainSubstring("clara"), ContainSubstring("Clara"))))))
	})

	DescribeTable("is refused if somebody has broken it, and the error quotes nothing", func(change func(map[string][]byte)) {
		data, err := Encode(asked())
		Expect(err).NotTo(HaveOccurred())
		change(data)
		_, err = Decode(data)
		Expect(err).To(HaveOccurred())
		Expect(err.Error()).NotTo(Or(ContainSubstring("quiosco"), ContainSubstring("clara"), ContainSubstring("Pita")))
	},
		Entry("no record", func(d map[string][]byte) { delete(d, keyRecord) }),
		Entry("no text", func(d map[string][]byte) { delete(d, keyText) }),
		Entry("a long record", func(d map[string][]byte) { d[keyRecord] = append(d[keyRecord], make([]byte, maxRecord)...) }),
		Entry("two records", func(d map[string][]byte) { d[keyRecord] = append(d[keyRecord], d[keyRecord]...) }),
		Entry("not JSON", func(d map[string][]byte) { d[keyRecord] = []byte("quiosco") }),
		Entry("a long text", func(d map[string][]byte) { d[keyText] = []byte(strings.Repeat("a", MaxTextBytes+1)) }),
		Entry("a text that is not UTF-8", func(d map[string][]byte) { d[keyText] = []byte{0xff} }),
		Entry("an unknown state", edited("Waiting", "Lost")),
		Entry("no time", edited("2026-11-22", "0001-01-01", "12:00:00", "00:00:00")),
		Entry("no digest", edited(linktoken.AddressDigest("clara@customer.example"), "clara@customer.example")),
		Entry("no queue", edited("cola@acme.example", "")),
	)

	It("GTA-8 is read although a newer version has added fields, so that a rollback strands no question", func() {
		data, err := Encode(asked())
		Expect(err).NotTo(HaveOccurred())
		edited("{", `{"x":{"y":[1]},`)(data)
		data["attachment"] = []byte("x")
		Expect(Decode(data)).To(Equal(asked()))
	})

	It("has a name by form and words, and a reference that can be read aloud", func() {
		q, other := asked(), asked()
		other.Text += "."
		Expect(Name("f", q)).To(And(Equal(Name("f", asked())), Not(Equal(Name("g", q))), Not(Equal(Name("f", other)))))
		Expect(Name("f", q)).To(MatchRegexp("^question-[0-9a-f]{32}$"))
		Expect(Reference(Name("f", q))).To(MatchRegexp("^[0-9A-HJKMNP-TV-Z]{8}$"))
	})
})

func edited(pairs ...string) func(map[string][]byte) {
	return func(data map[string][]byte) {
		for n := 0; n < len(pairs); n += 2 {
			before := string(data[keyRecord])
			data[keyRecord] = []byte(strings.Replace(before, pairs[n], pairs[n+1], 1))
			if string(data[keyRecord]) == before {
				panic("the record holds no " + pairs[n])
			}
		}
	}
}
