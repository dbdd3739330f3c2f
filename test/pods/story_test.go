// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// playStory plays the story of the README: invitation, mail, portal, welcome, access as the API server sees it. The program fails if
// anything differs from what is told. What it tells of Dex, make up's installation plays: this one is not connected to it.
func playStory(ctx context.Context) {
	GinkgoHelper()
	runIn(ctx, env.root, "go", "run", "./hack/demo", "--data="+env.dir, "--sign-in=false")
}

var _ = Describe("An installation by one manifest", func() {
	It("OPS-1 OPS-6 plays the story of the README, and is removed without a trace", long, func(ctx context.Context) {
		typed := newSession()
		typed.write(manifest(configuration(ctx)), "config", "default", "install.yaml")
		before := empty(ctx)

		typed.all(ctx, section("install.md", "## With one manifest"))
		settle(ctx)
		playStory(ctx)

		organizations := section("uninstall.md", "## The organizations")
		typed.all(ctx, organizations)
		typed.all(ctx, section("uninstall.md", "### Installed with one manifest"))
		expectLeft(ctx, before, grantable)
	})
})

// empty uninstalls everything, and returns what the cluster has then. After the spec, all is as make up has made it.
func empty(ctx context.Context) (before []string) {
	GinkgoHelper()
	DeferCleanup(func(ctx context.Context) {
		uninstall(ctx)
		installToday(ctx)
	})
	uninstall(ctx)
	return inventory(ctx)
}

// configuration returns the operator's configuration on this cluster, but for the connection to Dex: its certificates are not among what
// the manifests install.
func configuration(ctx context.Context) string {
	GinkgoHelper()
	text := env.kubectl(ctx, "get", "configmap", "usher-configuration", "-n", usherNamespace, "-o", `jsonpath={.data.usher\.yaml}`)
	head, rest, found := strings.Cut(text, "\nsignIn:\n")
	Expect(found).To(BeTrue(), "make up connects the portal to Dex")
	for line := range strings.Lines(rest) {
		if rest = rest[len(line):]; !strings.HasPrefix(line, " ") {
			return head + "\n" + line + rest
		}
	}
	return head + "\n"
}

// manifest returns config/default/install.yaml, changed as docs/install.md says: the configuration and the image are this cluster's.
func manifest(configuration string) string {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join(env.root, "config", "default", "install.yaml"))
	Expect(err).NotTo(HaveOccurred())
	const key, end = "  usher.yaml: |\n", "\n---\n"
	head, rest, found := strings.Cut(string(content), key)
	Expect(found).To(BeTrue(), "install.yaml has a configuration")
	_, tail, found := strings.Cut(rest, end)
	Expect(found).To(BeTrue(), "the configuration ends")
	Expect(tail).To(ContainSubstring(" image: usher:latest\n"))
	return head + key + indent(configuration, "    ") + end + strings.ReplaceAll(tail, " image: usher:latest\n", " image: "+env.image+"\n")
}

// indent puts a margin before each line.
func indent(text, margin string) string {
	return margin + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+margin)
}
