// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"encoding/json"
	"io/fs"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// flatten lists a catalogue's phrases by their path.
func flatten(prefix string, node any, into map[string]string) {
	switch n := node.(type) {
	case string:
		into[prefix] = n
	case map[string]any:
		for key, child := range n {
			flatten(prefix+"."+key, child, into)
		}
	}
}

func catalogue(name string) map[string]string {
	data, err := fs.ReadFile(localeFiles, name)
	Expect(err).NotTo(HaveOccurred())
	var tree any
	Expect(json.Unmarshal(data, &tree)).To(Succeed())
	flat := map[string]string{}
	flatten("", tree, flat)
	return flat
}

var _ = Describe("The catalogues", func() {
	It("have the same phrases with the same values in all languages", func() {
		files, err := fs.Glob(localeFiles, "locales/*.json")
		Expect(err).NotTo(HaveOccurred())
		Expect(files).To(HaveLen(len(locales)))
		english := catalogue("locales/en.json")
		for _, file := range files {
			other := catalogue(file)
			Expect(other).To(HaveLen(len(english)), file)
			for key, phrase := range english {
				Expect(other[key]).NotTo(BeEmpty(), file+key)
				Expect(placeholder.FindAllString(other[key], -1)).To(
					ConsistOf(placeholder.FindAllString(phrase, -1)), file+key)
			}
		}
		for _, l := range locales {
			Expect(l.Months).NotTo(ContainElement(""))
			Expect(l.Weekdays).NotTo(ContainElement(""))
		}
	})
})
