// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/testenv"
)

// Every page begins on its own, with what the pages before it have made deleted. So the pages may be dealt out to several processes
// of Ginkgo, each with a control plane of its own.
var _ = Describe("The commands of", func() {
	for _, name := range pages() {
		It(name+" print what the page shows", func(ctx context.Context) {
			p := read(name)
			if !slices.ContainsFunc(p.steps, func(s step) bool { return s.kind == begins }) {
				return
			}
			s := newSession(p)
			s.play(ctx)
			if *update {
				Expect(s.save(root())).To(Succeed())
			}
			if len(s.problems) > 0 {
				differences = append(differences, s.problems...)
				Fail(strings.Join(s.problems, "\n") + "\n`make docs-test ARGS=-update` rewrites the pages")
			}
		})
	}

	It("config/samples give no warning when the folder is applied, because every object comes after those that it names", func(ctx context.Context) {
		s := newSession(&page{name: "config/samples"})
		s.startOperator(ctx)
		Eventually(func() string {
			s.clear(ctx)
			return s.must(ctx, applySamples)
		}).ShouldNot(ContainSubstring("Warning: "))
	})
})

// newSession returns a session in a new directory, from which config leads to the repository's.
func newSession(p *page) *session {
	GinkgoHelper()
	s := &session{page: p, dir: GinkgoT().TempDir()}
	Expect(os.Symlink(filepath.Join(root(), "config"), filepath.Join(s.dir, "config"))).To(Succeed())
	return s
}

// pages returns the names of the pages.
func pages() []string {
	found, err := filepath.Glob(filepath.Join(root(), "docs", "*.md"))
	if err != nil {
		panic(err)
	}
	names := []string{"README.md"}
	for _, path := range found {
		names = append(names, filepath.Join("docs", filepath.Base(path)))
	}
	return names
}

func read(name string) *page {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join(root(), name))
	Expect(err).NotTo(HaveOccurred())
	p, err := parse(name, string(text))
	Expect(err).NotTo(HaveOccurred())
	return p
}

func root() string {
	dir, err := testenv.RepoRoot()
	if err != nil {
		panic(err)
	}
	return dir
}
