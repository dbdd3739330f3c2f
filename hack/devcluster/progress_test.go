// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The progress of a build", func() {
	It("is the share of the packages that the cache lacks", func() {
		p := newProgress("false fmt\ntrue a\n\ntrue b\ntrue c\ntrue d\n")
		Expect(p.String()).To(Equal("0 % of 4 packages"))
		Expect(p.most()).To(BeTrue())
		fmt.Fprint(p, "a\nexample.com/command\nb")
		Expect(p.String()).To(Equal("25 % of 4 packages"), "a line counts when it is complete")
		fmt.Fprint(p, "\nb\n# c\nc.go:1: a message of the compiler\nc\n")
		Expect(p.String()).To(Equal("75 % of 4 packages"), "no package counts twice")
		fmt.Fprint(p, "d\n")
		Expect(p.String()).To(Equal("the last of 4 packages, and linking"))
	})

	It("is about linking alone when the cache has all packages", func() {
		p := newProgress("false fmt\nfalse a\n")
		Expect(p.String()).To(Equal("all packages are in the cache, linking"))
		Expect(p.most()).To(BeFalse())
	})

	It("leaves the log complete", func() {
		var log bytes.Buffer
		p := newProgress("true a\n")
		p.log = &log
		fmt.Fprint(p, "a\n# a\na.go:1: no")
		Expect(log.String()).To(Equal("a\n# a\na.go:1: no"))
	})
})

var _ = Describe("A build", func() {
	var (
		b   build
		out *console
	)

	BeforeEach(func() {
		dir := GinkgoT().TempDir()
		b = build{
			what: "hello", dir: filepath.Join(dir, "src"), bin: filepath.Join(dir, "bin"), log: filepath.Join(dir, "log"),
			programs: []program{{name: "hello", pkg: "example.com/hello/v2", ldflags: "-s -w"}},
		}
		out = newConsole(GinkgoWriter)
		put(filepath.Join(b.dir, "go.mod"), "module example.com/hello\n\ngo 1.26\n")
		put(filepath.Join(b.dir, "v2", "main.go"), "package main\n\nfunc main() { println(1) }\n")
	})

	built := func() os.FileInfo {
		GinkgoHelper()
		info, err := os.Stat(filepath.Join(b.bin, "hello"))
		Expect(err).NotTo(HaveOccurred())
		return info
	}

	It("links a program again only when it has changed, and nothing else stays in its directory", func(ctx SpecContext) {
		Expect(b.run(ctx, out)).To(Succeed())
		first := built()
		Expect(b.run(ctx, out)).To(Succeed())
		Expect(os.SameFile(built(), first)).To(BeTrue(), "it was linked again without a change")
		put(filepath.Join(b.dir, "v2", "main.go"), "package main\n\nfunc main() { println(2) }\n")
		Expect(b.run(ctx, out)).To(Succeed())
		Expect(os.SameFile(built(), first)).To(BeFalse(), "it was not linked after a change")
		entries, err := os.ReadDir(b.bin)
		Expect(err).NotTo(HaveOccurred())
		Expect(entries).To(HaveLen(1))
	})

	It("that fails leaves the program as it was, and says why", func(ctx SpecContext) {
		Expect(b.run(ctx, out)).To(Succeed())
		first := built()
		put(filepath.Join(b.dir, "v2", "main.go"), "package main\n\nfunc main() { wrong() }\n")
		Expect(b.run(ctx, out)).To(MatchError(And(ContainSubstring("cannot build hello"), ContainSubstring("undefined: wrong"))))
		Expect(os.SameFile(built(), first)).To(BeTrue())
	})

	It("of packages that do not exist says so", func(ctx SpecContext) {
		b.programs[0].pkg = "./missing"
		Expect(b.run(ctx, out)).To(MatchError(And(ContainSubstring("cannot build hello"), ContainSubstring("missing"))))
	})

	It("is without cgo", func(ctx SpecContext) {
		GinkgoT().Setenv("CGO_ENABLED", "1")
		b.programs = nil
		Expect(output(b.goCommand(ctx, "list", "-f", "{{context.CgoEnabled}}", "runtime"))).To(BeEquivalentTo("false\n"))
	})

	DescribeTable("names a program as Go does", func(pkg, name string) {
		Expect(program{pkg: pkg}.executable()).To(Equal(name))
	},
		Entry("after the last element of its path", "k8s.io/kubernetes/cmd/kubectl", "kubectl"),
		Entry("but after no major version", "go.etcd.io/etcd/server/v3", "server"),
		Entry("in this module", "./cmd", "cmd"),
	)
})
