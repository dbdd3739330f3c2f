// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	goModNewest = `module newest

tool (
	go.etcd.io/etcd/server/v3
	k8s.io/kubernetes/cmd/kube-apiserver
	k8s.io/kubernetes/cmd/kube-controller-manager
	k8s.io/kubernetes/cmd/kubectl
)

require (
	go.etcd.io/etcd/server/v3 v3.7.1 // indirect
	k8s.io/kubernetes v1.37.2 // indirect
)
`
	goModDex = `module dex

tool github.com/dexidp/dex/cmd/dex

require github.com/dexidp/dex v0.0.0-20260303133905-11d2eeb52b42 // indirect
`
	goModOldest = `module oldest

tool k8s.io/kubernetes/cmd/kube-apiserver

require k8s.io/kubernetes v1.36.3
`
)

var _ = Describe("Components", func() {
	var p paths

	BeforeEach(func() {
		p = checkout()
		for dir, goMod := range map[string]string{p.module(): goModNewest, p.oldest(): goModOldest, p.dex(): goModDex} {
			put(filepath.Join(dir, "go.mod"), goMod)
			put(filepath.Join(dir, "go.sum"), "")
		}
	})

	versions := func(version string) (byName map[string]string, minor string) {
		GinkgoHelper()
		list, minor, err := components(p, version)
		Expect(err).NotTo(HaveOccurred())
		byName = map[string]string{}
		for _, c := range list {
			byName[c.name] = c.version
		}
		return byName, minor
	}

	DescribeTable("have the versions of go.mod", func(version string) {
		byName, minor := versions(version)
		Expect(minor).To(Equal("1.37"))
		Expect(byName).To(Equal(map[string]string{
			"etcd": "v3.7.1", "kube-apiserver": "v1.37.2", "kube-controller-manager": "v1.37.2", "kubectl": "v1.37.2",
			"dex": "v0.0.0-20260303133905-11d2eeb52b42",
		}))
	},
		Entry("when no version is asked for", ""),
		Entry("when the newest is asked for by name", "newest"),
		Entry("when the newest is asked for by number", "1.37"),
	)

	DescribeTable("of the oldest version replace those of the newest", func(version string) {
		byName, minor := versions(version)
		Expect(minor).To(Equal("1.36"))
		Expect(byName).To(HaveLen(5))
		Expect(byName).To(HaveKeyWithValue("kube-apiserver", "v1.36.3"))
		Expect(byName).To(HaveKeyWithValue("etcd", "v3.7.1"))
	},
		Entry("when it is asked for by name", "oldest"),
		Entry("when it is asked for by number", "1.36"),
	)

	It("are refused for an unsupported version, with the supported ones", func() {
		_, _, err := components(p, "1.35")
		Expect(err).To(MatchError(And(ContainSubstring("version 1.35 of Kubernetes"), ContainSubstring("1.37 (newest) or 1.36 (oldest)"))))
	})

	It("are refused when go.mod has the tool and does not require its module", func() {
		put(filepath.Join(p.module(), "go.mod"), "module x\n\ntool go.etcd.io/etcd/server/v3\n")
		_, _, err := components(p, "")
		Expect(err).To(MatchError(ContainSubstring("is not required")))
	})

	It("of Kubernetes know their version, and no others", func() {
		list, _, err := components(p, "")
		Expect(err).NotTo(HaveOccurred())
		for _, c := range list {
			Expect(strings.Contains(c.ldflags, "version.gitMinor=37")).To(Equal(strings.HasPrefix(c.name, "kube")), c.name)
		}
	})

	It("of the newest version are where the cluster runs them from, others beside it", func() {
		for version, want := range map[string]string{"": p.bin(""), "1.37": p.bin(""), "oldest": p.bin("kubernetes-1.36")} {
			Expect(binFor(p, version)).To(Equal(want))
		}
	})
})

var _ = Describe("The cache of the control plane", func() {
	It("depends on what is built", func() {
		GinkgoT().Setenv("XDG_CACHE_HOME", "/cache")
		p, seen := checkout(), map[string]bool{}
		for _, text := range []string{"one", "two", "one"} {
			for _, name := range []string{"go.mod", "go.sum"} {
				put(filepath.Join(p.module(), name), text)
			}
			for _, version := range []string{"go1.26.1", "go1.26.2"} {
				dir, err := cacheDir(p.module(), nil, version)
				Expect(err).NotTo(HaveOccurred())
				Expect(dir).To(HavePrefix("/cache/usher/controlplane/"))
				seen[dir] = true
			}
		}
		Expect(seen).To(HaveLen(4), "two contents, two versions of Go")
	})
})

var _ = Describe("This checkout", func() {
	here := paths{root: filepath.Join("..", "..")}

	It("pins all components of two versions of Kubernetes, which docs/install.md names", func() {
		list, latest, err := components(here, newest)
		Expect(err).NotTo(HaveOccurred())
		nodes, err := nodeComponents(here)
		Expect(err).NotTo(HaveOccurred())
		Expect(slices.ContainsFunc(list, func(c component) bool { return c.onNodes })).To(BeFalse())
		Expect(slices.Concat(list, nodes)).To(HaveLen(len(known) + len(addons)))
		_, minor, err := components(here, oldest)
		Expect(err).NotTo(HaveOccurred())
		Expect(minor).NotTo(Equal(latest))
		Expect(content(filepath.Join(here.root, "docs", "install.md"))).To(ContainSubstring("Kubernetes " + minor + " and " + latest))
	})

	// A package in Go's build cache is shared only when it and all that it imports have the same version.
	It("builds the control plane and the operator from the same versions of the modules that they share", func() {
		required := func(path string) map[string]string {
			versions := map[string]string{}
			for _, match := range regexp.MustCompile(`(?m)^\t(\S+) (v\S+)`).FindAllStringSubmatch(content(path), -1) {
				versions[match[1]] = match[2]
			}
			return versions
		}
		operator, controlPlane := required(filepath.Join(here.root, "go.mod")), required("go.mod")
		Expect(operator).NotTo(BeEmpty())
		for module, version := range operator {
			if other, shared := controlPlane[module]; shared {
				Expect(other).To(Equal(version), "%s: raise the lower version by `go get`, in both go.mod or in one", module)
			}
		}
	})
})
