// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestBench(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Bench")
}

const output = `goos: linux
BenchmarkWorkspaces/start-2         	       1	95900123456 ns/op	     10201 bindings	         6.100 usher:bare	     31817 writes
BenchmarkWorkspaces/member-of-25-2  	       1	   123 ns/op	         2.200 usher:same-writes
PASS
`

var _ = Describe("The figures of a benchmark", func() {
	b := benchmark{name: "Workspaces", figures: []figure{
		{of: "/start", unit: "usher:bare", what: "first start", floor: "1"},
		{of: "/start", unit: "writes", what: "writes", floor: "20,000", atMost: 40000},
		{of: "/member-of-25", unit: "usher:same-writes", what: "one member", floor: "1", atMost: 1.3},
		{of: "/gone", unit: "writes", what: "gone", floor: "1", atMost: 1, fullOnly: true},
	}}

	It("are shown with floor and goal, and held or short by the goal", func() {
		Expect(table(rowsOf(b, parse([]byte(output)), true))).To(Equal(`| what | floor | goal | measured | | benchmark |
|---|---|---|---|---|---|
| first start | 1 |  | 6.1 | shown | Workspaces |
| writes | 20,000 | ≤ 40000 | 31817 | held | Workspaces |
| one member | 1 | ≤ 1.3 | 2.2 | short | Workspaces |
`))
	})

	It("are missed when they are not reported, and not when they are short", func() {
		rows := rowsOf(b, parse([]byte(output)), false)
		Expect(missing(rows)).To(MatchError(`Workspaces/gone reports no "writes" any more: gone`))
		Expect(rows[3].verdict()).To(Equal("missing"))
		Expect(missing(rows[:3])).To(Succeed())
	})

	It("are written between the marks of the page", func() {
		Expect(replaced("# Page\n"+begin+"old\n"+end+"rest\n", "new\n")).To(Equal("# Page\n" + begin + "\nnew\n\n" + end + "rest\n"))
		_, err := replaced("# Page\n", "new\n")
		Expect(err).To(MatchError(ContainSubstring("docs/performance.md has no")))
		content, err := os.ReadFile("../../" + page)
		Expect(err).NotTo(HaveOccurred())
		Expect(replaced(string(content), "")).NotTo(BeEmpty())
	})

	It("come from benchmarks that exist, each with a limit", func() {
		Expect(choose(suite, true, regexp.MustCompile(""))).NotTo(BeEmpty())
		var quick time.Duration
		for _, b := range suite {
			Expect(b.full.limit).To(BeNumerically(">", 0), b.name)
			Expect(b.figures).NotTo(BeEmpty(), b.name)
			if b.quick != nil {
				quick += b.quick.limit
			}
		}
		Expect(quick).To(BeNumerically("<=", 30*time.Minute), "even on a busy machine")
	})
})

var _ = Describe("A benchmark", func() {
	runs := func(ctx context.Context, script string, limit time.Duration) ([]byte, error) {
		GinkgoHelper()
		dir := GinkgoT().TempDir()
		r := runner{root: dir, dir: dir, out: GinkgoWriter}
		Expect(os.MkdirAll(dir+"/test/bench", 0o700)).To(Succeed())
		Expect(os.WriteFile(r.program(), []byte("#!/bin/sh\n"+script+"\n"), 0o700)).To(Succeed())
		return r.one(ctx, "X", mode{benchtime: "1x", people: "7", limit: limit})
	}

	It("is run with its size, and its output is kept", func(ctx context.Context) {
		Expect(runs(ctx, `echo "BenchmarkX 1 $USHER_BENCH_PEOPLE people"`, time.Minute)).To(BeEquivalentTo("BenchmarkX 1 7 people\n"))
	})

	It("is ended at its limit, and the error says so", func(ctx context.Context) {
		const limit = 100 * time.Millisecond
		_, err := runs(ctx, `trap 'exit 3' QUIT; while :; do sleep 0.01; done`, limit)
		Expect(err).To(MatchError(fmt.Sprintf("it has not ended after %s", limit)))
	})
})
