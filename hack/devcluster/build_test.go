// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Ready binaries", func() {
	var (
		p     paths
		given string
		out   *console
	)

	BeforeEach(func() {
		p, given, out = checkout(), GinkgoT().TempDir(), newConsole(GinkgoWriter)
		for _, module := range []string{p.module(), p.dex()} {
			name, err := filepath.Rel(p.module(), filepath.Join(module, "go.mod"))
			Expect(err).NotTo(HaveOccurred())
			put(filepath.Join(module, "go.mod"), content(name))
			put(filepath.Join(module, "go.sum"), "")
		}
		GinkgoT().Setenv("KUBEBUILDER_ASSETS", given)
		for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
			put(filepath.Join(given, name), "x")
		}
	})

	It("are refused when one is missing", func(ctx SpecContext) {
		Expect(buildControlPlane(ctx, p, "", p.bin(""), out)).To(MatchError(ContainSubstring("has no kube-controller-manager")))
	})

	It("are linked to, once and again", func(ctx SpecContext) {
		put(filepath.Join(given, "kube-controller-manager"), "x")
		put(filepath.Join(given, "dex"), "x")
		for range 2 {
			Expect(buildControlPlane(ctx, p, "", p.bin(""), out)).To(Succeed())
		}
		target, err := os.Readlink(p.bin("etcd"))
		Expect(err).NotTo(HaveOccurred())
		Expect(target).To(Equal(filepath.Join(given, "etcd")))
	})

	It("are not those of the directory of links, which would be linked to itself", func() {
		GinkgoT().Setenv("KUBEBUILDER_ASSETS", p.bin(""))
		Expect(givenAssets(p)).To(BeEmpty())
	})
})

var _ = Describe("Space on the disk", func() {
	It("is measured where a directory will be", func() {
		missing := filepath.Join(GinkgoT().TempDir(), "not", "yet")
		Expect(requireSpace(missing, 1, "a test")).To(Succeed())
		Expect(requireSpace(missing, 1<<62, "a test")).To(MatchError(ContainSubstring("no space left at " + missing)))
	})
})
