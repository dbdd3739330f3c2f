// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package locale_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/locale"
)

// files returns catalogues of one phrase.
func files(phrases map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for tag, phrase := range phrases {
		out["locales/"+tag+".json"] = &fstest.MapFile{Data: []byte(`{"hello": "` + phrase + `"}`)}
	}
	return out
}

func load(phrases map[string]string) *locale.Set { return locale.MustLoad(files(phrases), "locales") }

var _ = Describe("A set of languages", func() {
	var set *locale.Set

	BeforeEach(func() { set = load(map[string]string{"es": "Hola {name}", "en": "Hello {name}"}) })

	DescribeTable("returns the language closest to the first valid preference", func(tag string, preferences ...string) {
		Expect(set.Closest(preferences...).Tag()).To(Equal(tag))
	},
		Entry(nil, "es", "es"), Entry(nil, "es", "es-MX"), Entry(nil, "es", "", "es"), Entry(nil, "es", "not a tag!", "es;q=0.9, en;q=0.1"),
		Entry(nil, "es", "ja, es;q=0.5"), Entry(nil, "en", "ja", "es"), Entry(nil, "en"), Entry(nil, "en", "en-GB"),
	)

	It("returns its languages by name, English first", func() {
		all := set.All()
		Expect(all).To(HaveLen(2))
		Expect(all[0].Tag()).To(Equal("en"))
		Expect(set.Named("es").Get(locale.KeyName)).To(Equal("Español"))
		Expect(set.Named("es-MX")).To(BeNil())
	})

	It("says which phrase is missing", func() {
		Expect(set.Named("es").Phrase("hello")).To(Equal("Hola {name}"))
		_, err := set.Named("es").Phrase("bye")
		Expect(err).To(MatchError(`language es has no phrase "bye"`))
	})

	It("can be extended without being changed", func() {
		over, err := set.With(map[string]map[string]string{
			"es": {"hello": "Buenas"}, "es-AR": {locale.KeyName: "Argentino"}, "fr": {"hello": "Bonjour"},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(over.Named("es-AR").Get("hello")).To(Equal("Buenas"))
		Expect(over.Named("es-AR").Role("Member")).To(Equal("Miembro"))
		Expect(over.Closest("fr-CA").Get("hello")).To(Equal("Bonjour"))
		Expect(over.Named("fr").Role("Member")).To(Equal("Member"))
		Expect(set.Named("es").Get("hello")).To(Equal("Hola {name}"))
		_, err = set.With(map[string]map[string]string{"no tag": {}})
		Expect(err).To(MatchError(ContainSubstring("not a language tag")))
	})

	DescribeTable("refuses invalid catalogues", func(says string, phrases map[string]string) {
		Expect(func() { load(phrases) }).To(PanicWith(MatchError(ContainSubstring(says))))
	},
		Entry(nil, "the catalogue en.json is missing", map[string]string{"es": "Hola"}),
		Entry(nil, `"hello": has the values [nombre] in braces instead of [name]`, map[string]string{"en": "Hello {name}", "es": "Hola {nombre}"}),
		Entry(nil, `"hello": is empty`, map[string]string{"en": "Hello", "es": ""}),
		Entry(nil, "invalid character", map[string]string{"en": `"`}),
		Entry(nil, "fr.json", map[string]string{"en": "Hello", "fr": "Bonjour"}),
	)

	DescribeTable("formats times", func(tag string, location *time.Location, written string) {
		t := time.Date(2026, time.November, 28, 10, 0, 30, 0, time.UTC)
		Expect(set.Named(tag).Time(t, location)).To(Equal(written))
	},
		Entry(nil, "en", nil, "Saturday, 28 November 2026, 10:00 (UTC)"),
		Entry(nil, "es", time.FixedZone("-03", -3*60*60), "sábado, 28 de noviembre de 2026, 07:00 (UTC-03)"),
	)

	It("translates roles", func() {
		Expect(set.Named("es").Role("Member")).To(Equal("Miembro"))
		Expect(set.Named("es").Role("Pilot")).To(Equal("Pilot"))
	})
})

var _ = Describe("Values", func() {
	values := locale.Values{"who": "{name} <b>", "name": "Acme S.A."}

	It("are inserted into a phrase once", func() {
		Expect(values.Fill("{who} is {name}. {other}")).To(Equal("{name} <b> is Acme S.A. {other}"))
	})

	It("are escaped in HTML, each in its own direction", func() {
		Expect(string(values.FillHTML("<i>{who}"))).To(Equal("&lt;i&gt;<strong><bdi>{name} &lt;b&gt;</bdi></strong>"))
	})

	It("are named by the phrase", func() {
		Expect(locale.Placeholders("{b} {a} {b} {}")).To(Equal([]string{"", "a", "b"}))
	})
})

var _ = Describe("Cleaning", func() {
	DescribeTable("makes one line", func(dirty, clean string) { Expect(locale.OneLine(dirty)).To(Equal(clean)) },
		Entry(nil, " a\r\nb\tc\u00a0\u2028d ", "a b c d"),
		Entry(nil, "moc\u202egnp\u2066.\u200bexe\x00\x1b", "mocgnp.exe"),
		Entry(nil, "👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
		Entry("fillers become spaces", "\u3164\u2800a\u115f", "a"),
		Entry("joiners alone are removed", "\u200d \u200c", ""),
		Entry("too many marks", "a"+strings.Repeat("\u0301", 50)+"b", "a"+strings.Repeat("\u0301", 6)+"b"),
		Entry("private use and tags", "a\ue000\U000e0041b", "ab"),
		Entry("an emoji newer than the tables", "a\U0001fae9", "a\U0001fae9"),
		Entry("a variant of an ideograph", "葛\U000e0100", "葛\U000e0100"),
		Entry("broken UTF-8", "a\xffb", "ab"),
	)

	It("keeps line breaks between lines", func() {
		Expect(locale.Lines("\r\n\n a \rb\u2029\n\nc\n \n")).To(Equal([]string{"a", "b", "", "", "c"}))
		Expect(locale.Lines(" \n")).To(BeEmpty())
	})
})

func FuzzOneLine(f *testing.F) {
	f.Add("a\r\nb\u202e\u3164" + strings.Repeat("\u0301", 9))
	f.Fuzz(func(t *testing.T, s string) {
		line := locale.OneLine(s)
		if strings.ContainsAny(line, "\r\n\t\x00\u2028\u2029\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff") || !utf8.ValidString(line) {
			t.Fatalf("%q is not clean", line)
		}
		if again := locale.OneLine(line); again != line {
			t.Fatalf("%q is cleaned again to %q", line, again)
		}
	})
}
