// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package corpus_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/corpus"
)

func TestCorpus(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Corpus")
}

// load reads a folder that holds one file with that content.
func load(folder, content string) ([]corpus.Entry, error) {
	GinkgoHelper()
	root := GinkgoT().TempDir()
	dir := filepath.Join(root, "test", "testdata", folder)
	Expect(os.MkdirAll(dir, 0o700)).To(Succeed())
	Expect(os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(content), 0o600)).To(Succeed())
	return corpus.Load(root, folder)
}

var _ = Describe("Load", func() {
	It("reads objects with the refusal that they must get", func() {
		entries, err := load(corpus.Invalid, "# refused: too bad\n# field: spec.role\nkind: OrgUser\n")
		Expect(err).NotTo(HaveOccurred())
		Expect(entries).To(HaveLen(1))
		Expect(entries[0]).To(And(HaveField("Name", "a"), HaveField("Refused", "too bad"), HaveField("Field", "spec.role")))
		Expect(entries[0].Objects[0].GetKind()).To(Equal("OrgUser"))
	})

	It("reads several objects, and an update", func() {
		entries, err := load(corpus.Valid, "kind: OrgUser\n---\nkind: Workspace\n")
		Expect(err).NotTo(HaveOccurred())
		Expect(entries[0].Objects).To(HaveLen(2))
		entries, err = load(corpus.Valid, "# why\n# step: create\nkind: OrgUser\n---\n# step: update\nkind: Workspace\n")
		Expect(err).NotTo(HaveOccurred())
		Expect(entries[0].Update.Before.GetKind()).To(Equal("OrgUser"))
		Expect(entries[0].Update.After.GetKind()).To(Equal("Workspace"))
	})

	DescribeTable("names the malformed file", func(folder, content, message string) {
		_, err := load(folder, content)
		Expect(err).To(MatchError(And(ContainSubstring("a.yaml"), ContainSubstring(message))))
	},
		Entry("no header", corpus.Invalid, "kind: OrgUser\n", "# refused: "),
		Entry("an unexpected header", corpus.Valid, "# refused: a\n# field: b\nkind: OrgUser\n", "a valid file has neither"),
		Entry("half an update", corpus.Valid, "# step: create\nkind: OrgUser\n", "two documents"),
		Entry("no YAML", corpus.Valid, "{\n", "yaml"),
		Entry("a key twice", corpus.Valid, "kind: a\nkind: b\n", "already set"),
	)

	It("refuses an empty folder", func() {
		_, err := corpus.Load(GinkgoT().TempDir(), corpus.Valid)
		Expect(err).To(MatchError(ContainSubstring("no YAML files")))
	})
})
