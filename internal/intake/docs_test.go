// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"os"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("docs/intake.md", func() {
	It("lists every refusal and no other", func() {
		page, err := os.ReadFile("../../docs/intake.md")
		Expect(err).NotTo(HaveOccurred())
		_, part, found := strings.Cut(string(page), "<!-- answers -->")
		Expect(found).To(BeTrue())
		part, _, found = strings.Cut(part, "<!-- end of answers -->")
		Expect(found).To(BeTrue())
		var documented []string
		for _, line := range regexp.MustCompile("(?m)^\\| `([^`]*)` \\|$").FindAllStringSubmatch(part, -1) {
			documented = append(documented, line[1])
		}
		var said []string
		for _, a := range refusals() {
			said = append(said, a.String())
		}
		Expect(documented).To(ConsistOf(said))
	})
})
