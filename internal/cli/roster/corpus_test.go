// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package roster_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/cli/roster"
)

var update = flag.Bool("update", false, "write testdata/outcomes.txt")

// outcome is what somebody reads of a file: the people that were understood, or everything that is wrong.
func outcome(file []byte) string {
	people, err := roster.FromSpreadsheet(file, options)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, p := range people {
		line := fmt.Sprintf("%s, %s", p.String(), p.Role)
		for _, w := range p.Workspaces {
			line += fmt.Sprintf(", workspace %s: %s", w.Name, w.Access)
		}
		for _, group := range p.Groups {
			line += ", group " + string(group)
		}
		for _, module := range p.Modules {
			line += ", module " + string(module)
		}
		if p.Message != "" {
			line += fmt.Sprintf(", message %q", p.Message)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

var _ = Describe("the seeds of the fuzzing", func() {
	const outcomes = "testdata/outcomes.txt"

	It("CLI-1 are read, or refused with everything that is wrong", func() {
		seeds, err := filepath.Glob("testdata/fuzz/FuzzFromSpreadsheet/*")
		Expect(err).NotTo(HaveOccurred())
		Expect(len(seeds)).To(BeNumerically(">", 60))
		var text strings.Builder
		for _, seed := range seeds {
			content, err := os.ReadFile(seed)
			Expect(err).NotTo(HaveOccurred())
			_, quoted, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(string(content)), ")"), "[]byte(")
			file, err := strconv.Unquote(quoted)
			Expect(err).NotTo(HaveOccurred(), seed)
			fmt.Fprintf(&text, "## %s\n%s\n\n", filepath.Base(seed), outcome([]byte(file)))
		}
		if *update {
			Expect(os.WriteFile(outcomes, []byte(text.String()), 0o600)).To(Succeed())
		}
		want, err := os.ReadFile(outcomes)
		Expect(err).NotTo(HaveOccurred())
		Expect(text.String()).To(Equal(string(want)), "if it is meant to be so, go test ./internal/cli/roster -update writes it")
	})
})
