// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestFuzz(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Fuzz")
}

const root = "../.."

var _ = Describe("make fuzz", func() {
	It("runs the fuzzers that it is told, and the documentation has a row for each", func() {
		all, err := discover(root, regexp.MustCompile(""))
		Expect(err).NotTo(HaveOccurred())
		page, err := os.ReadFile(filepath.Join(root, "docs", "development.md"))
		Expect(err).NotTo(HaveOccurred())
		for _, f := range all {
			Expect(string(page)).To(ContainSubstring("`"+f.title()+"`"), "add a row to the table under Fuzzing in docs/development.md")
		}
		some, err := discover(root, regexp.MustCompile(`^scim\.FuzzP`))
		Expect(err).NotTo(HaveOccurred())
		Expect(some).To(HaveExactElements(&fuzzer{folder: filepath.Join("internal", "scim"), name: "FuzzPatch"}))
	})

	It("counts what a fuzzer says last, and keeps the beginning of a failure", func() {
		f := fuzzer{folder: "internal/scim", name: "FuzzPatch"}
		f.note("fuzz: elapsed: 3s, execs: 7 (2/sec), new interesting: 1 (total: 4)\nfuzz: elapsed: 6s, execs: 19 (4/sec), new interesting: 2 (total: 5)\n")
		f.note("fuzz: elapsed: 3s, execs: 1 (0/sec), new interesting: 0 (total: 5)\n")
		f.note("PASS\n")
		Expect(f).To(Equal(fuzzer{folder: "internal/scim", name: "FuzzPatch", executions: 20, interesting: 2}))
		Expect(endOf("fuzz: elapsed\n--- FAIL: FuzzPatch\n  x\n")).To(Equal("--- FAIL: FuzzPatch\n  x"))
	})

	It("takes the end of a turn for no finding", func() {
		Expect(onlyLate("--- FAIL: FuzzPatch (8.00s)\n    context deadline exceeded\nFAIL\n")).To(BeTrue())
		Expect(onlyLate("--- FAIL: FuzzPatch (8.00s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/x\nFAIL\n")).To(BeFalse())
		Expect(onlyLate("--- FAIL: FuzzPatch (8.00s)\n    it waited: context deadline exceeded\nFAIL\n")).To(BeFalse())
	})

	It("ends once there were enough executions, and fails if there was a finding", func() {
		done := []*fuzzer{{folder: "internal/scim", name: "FuzzPatch", executions: 60}, {folder: "internal/scim", name: "FuzzQuery", executions: 40}}
		var out strings.Builder
		Expect(takeTurns(context.Background(), &out, done, options{executions: 100})).To(Succeed())
		done[1].finding = "--- FAIL"
		Expect(takeTurns(context.Background(), &out, done, options{executions: 100})).To(MatchError(errFindings))
		Expect(takeTurns(context.Background(), &out, done[1:], options{executions: 100})).To(MatchError(errFindings), "nobody is left to run")
		printTable(&out, done)
		Expect(out.String()).To(MatchRegexp(`scim.FuzzQuery +40 +0 +0 +1\nall 2 +100 +0 +0 +1\n$`))
	})
})
