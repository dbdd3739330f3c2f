// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestRequirements(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Requirements")
}

var _ = Describe("the list of requirements without a test", func() {
	const table = "| id | requirement | how |\n|---|---|---|\n" +
		"| ABC-1 | The first. | x |\n| ABC-12 (+) | The twelfth. | y |\n| ABC-3 | The third. | z |\n"

	var root, tablePath string

	write := func(name, content string) string {
		path := filepath.Join(root, name)
		Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
		Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
		return path
	}

	BeforeEach(func() {
		root = GinkgoT().TempDir()
		tablePath = write("table.md", table)
	})

	It("prints only rows whose exact id is in no test file", func() {
		write("a/a_test.go", `It("ABC-12 does", func() {})`)
		write("a/a.go", `// ABC-3 in code that is no test`)
		write(".dev/b_test.go", `It("ABC-3 in a hidden folder", func() {})`)

		var out strings.Builder
		Expect(run(&out, tablePath, root)).To(Succeed())
		Expect(out.String()).To(Equal("ABC-1    The first.\nABC-3    The third.\n" +
			"1 of 3 requirements are named by a test; 2 are not.\n"))
	})

	It("refuses a table without rows", func() {
		empty := write("empty.md", "# nothing\n")
		Expect(run(&strings.Builder{}, empty, root)).To(MatchError(ContainSubstring("no table row starts with an id")))
	})

	It("says which file is missing", func() {
		Expect(run(&strings.Builder{}, filepath.Join(root, "none.md"), root)).To(MatchError(ContainSubstring("none.md")))
	})
})
