// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"maps"
	"os"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("docs/portal.md", func() {
	It("quotes every refusal of a question", func() {
		manual, err := os.ReadFile("../../docs/portal.md")
		Expect(err).NotTo(HaveOccurred())
		english := languages.Named("en")
		quotes := func(key string) {
			phrase := strings.ReplaceAll(english.Get(key), "{workspace}", "*title*")
			Expect(phrase).NotTo(BeEmpty(), key)
			Expect(string(manual)).To(ContainSubstring(phrase), key)
		}
		screens := append(slices.Collect(maps.Values(limitScreens)),
			screenQuestionGone, screenUnknown, screenBusy, screenRefused, screenBad, screenPaused, screenTrouble)
		for _, s := range screens {
			quotes("notice." + s.name + ".title")
			quotes("notice." + s.name + ".text")
			if english.Get("notice."+s.name+".hintPage") != "" {
				quotes("notice." + s.name + ".hintPage")
			} else {
				quotes("notice." + s.name + ".hint")
			}
		}
		for _, key := range english.Keys() {
			for _, field := range []string{"name", "email", "subject", "text", "website"} {
				if strings.HasPrefix(key, "error."+field+".") {
					quotes(key)
				}
			}
		}
	})
})
