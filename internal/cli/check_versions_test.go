// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/testenv"
)

func TestCLI(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Plugin")
}

var _ = Describe("versions", func() {
	DescribeTable("CLI-5 differ between releases", func(a, b string, different bool) {
		Expect(differs(a, b)).To(Equal(different))
		Expect(differs(b, a)).To(Equal(different))
	},
		Entry("of other minor versions", "v0.1.0", "v0.2.0", true),
		Entry("of other major versions", "v1.2.0", "v2.2.0", true),
		Entry("but not of patches", "v0.1.0", "v0.1.3", false),
		Entry("and not in a checkout", "devel", "v0.2.0", false),
		Entry("and not between releases", "v0.1.1-0.20261130120000-8830601abcde", "v0.2.0", false),
		Entry("and not if one is unknown", "", "v0.2.0", false),
	)

	It("CLI-5 know the oldest Kubernetes that the tests run on", func() {
		root, err := testenv.RepoRoot()
		Expect(err).NotTo(HaveOccurred())
		modules, err := os.ReadFile(filepath.Join(root, "hack", "devcluster", "oldest", "go.mod"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(modules)).To(ContainSubstring(fmt.Sprintf("k8s.io/kubernetes v1.%d.", oldestKubernetes)))
	})
})
