// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	// formerCommit is the version before this one, from which an upgrade begins.
	formerCommit = "619c6ba739cb5715679a13ffa376d1c892a45ff5"
	formerImage  = "usher:former"
)

// formerOverlay installs the former version on this cluster. Its settings are environment variables. The load comes through one address,
// and names its visitors as a proxy does.
const formerOverlay = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [%s]
images:
- {name: usher, newTag: former}
configMapGenerator:
- name: usher-operator-settings
  namespace: usher-system
  behavior: merge
  literals:
  - SMTP_ADDRESS=%s
  - SMTP_TLS=None
  - PORTAL_URL=%s
  - QUEUE_DOMAINS=acme=acme.example
patches:
- target: {kind: Deployment}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: "--trusted-proxies=10.0.0.0/8"}
`

// former is a version of Usher other than that of the checkout, with its manifests.
type former struct{ overlay string }

// buildFormer builds the image of the former version from the history of the checkout, and puts it on the nodes.
func buildFormer(ctx context.Context) former {
	GinkgoHelper()
	dir := filepath.Join(env.dir, "former")
	source, dist, overlay := filepath.Join(dir, "source"), filepath.Join(dir, "dist"), filepath.Join(dir, "overlay")
	Expect(os.RemoveAll(dir)).To(Succeed()) // of an earlier run on a cluster that was kept
	Expect(os.MkdirAll(overlay, 0o700)).To(Succeed())
	runIn(ctx, env.root, "git", "clone", "--quiet", "--shared", "--no-checkout", env.root, source)
	runIn(ctx, source, "git", "checkout", "--quiet", "--detach", formerCommit)
	runIn(ctx, filepath.Join(env.root, "hack", "release"), "go", "run", ".", "image",
		"--dir="+source, "--dist="+dist, "--name="+formerImage, "--platforms=linux/amd64")
	// The kubelet looks for an image by its full name.
	env.importImage(ctx, filepath.Join(dist, "usher-image.tar"), "docker.io/library/"+formerImage)
	base, err := filepath.Rel(overlay, filepath.Join(source, "config", "default"))
	Expect(err).NotTo(HaveOccurred())
	content := fmt.Sprintf(formerOverlay, base, env.smtpAddress, env.assignments["PORTAL_URL"])
	Expect(os.WriteFile(filepath.Join(overlay, "kustomization.yaml"), []byte(content), 0o600)).To(Succeed())
	return former{overlay: overlay}
}

// install installs the former version.
func (f former) install(ctx context.Context) {
	GinkgoHelper()
	apply(ctx, f.overlay)
}

// goBack replaces this version by the former one, as docs/upgrade.md says.
func (f former) goBack(ctx context.Context) {
	GinkgoHelper()
	f.follow(ctx, "### Back to the version before the portal apart")
	settle(ctx)
}

// bringQuestionsBack puts questions where the former version looks for them, as docs/upgrade.md says.
func (f former) bringQuestionsBack(ctx context.Context) {
	GinkgoHelper()
	f.follow(ctx, "### Questions on the way back")
}

// follow types the commands below a heading, before the next one.
func (f former) follow(ctx context.Context, heading string) {
	GinkgoHelper()
	typed := sessionWith(f.overlay)
	for _, command := range section("upgrade.md", heading) {
		typed.run(ctx, command)
	}
}

// runIn runs a program in a directory, for this cluster.
func runIn(ctx context.Context, dir, name string, args ...string) {
	GinkgoHelper()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KUBECONFIG="+env.kubeconfig())
	out, err := cmd.CombinedOutput()
	GinkgoWriter.Printf("$ %s %s\n%s", name, strings.Join(args, " "), out)
	Expect(err).NotTo(HaveOccurred(), "%s %s\n%s", name, strings.Join(args, " "), out)
}
