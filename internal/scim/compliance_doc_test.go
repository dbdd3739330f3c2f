// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The page about compliance", func() {
	It("DIR-1 names specs that there are, for each requirement", func() {
		root := filepath.Join("..", "..")
		page, err := os.ReadFile(filepath.Join(root, "docs", "scim.md"))
		Expect(err).NotTo(HaveOccurred())
		proof := regexp.MustCompile("(?m)^- RFC ([0-9]+) (.+): `([^`]+_test\\.go)`: \"([^\"]+)\"$")
		proved := map[string]bool{}
		for _, named := range proof.FindAllStringSubmatch(string(page), -1) {
			spec, err := os.ReadFile(filepath.Join(root, named[3]))
			Expect(err).NotTo(HaveOccurred(), named[0])
			Expect(string(spec)).To(ContainSubstring(named[4]), named[0])
			proved[named[1]+" "+named[2]] = true
		}
		rfc, rows := "", map[string]bool{}
		for line := range strings.SplitSeq(string(page), "\n") {
			if heading, is := strings.CutPrefix(line, "## RFC "); is {
				rfc, _, _ = strings.Cut(heading, ",")
			}
			if row := regexp.MustCompile(`^\| ([0-9][^|]*) \|`).FindStringSubmatch(line); row != nil {
				rows[rfc+" "+row[1]] = true
			}
		}
		Expect(proved).To(Equal(rows))
		Expect(len(rows)).To(BeNumerically(">", 20))
	})
})
