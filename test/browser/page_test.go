// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/testenv"
)

// axe is the source of axe-core.
var axe string

// artifacts is where pictures are kept.
var artifacts string

// finding is an accessibility fault that axe-core found.
type finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// loadAxe reads axe-core from where npm has put it.
func loadAxe() {
	GinkgoHelper()
	source, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	Expect(err).NotTo(HaveOccurred(), "the browser tests need axe-core: `make browser` installs it (npm ci in test/browser)")
	axe = string(source)
}

// emptyArtifacts makes room for this run's pictures.
func emptyArtifacts() {
	GinkgoHelper()
	root, err := testenv.RepoRoot()
	Expect(err).NotTo(HaveOccurred())
	artifacts = filepath.Join(root, ".dev", "artifacts")
	Expect(os.MkdirAll(artifacts, 0o755)).To(Succeed())
	old, err := filepath.Glob(filepath.Join(artifacts, "*.png"))
	Expect(err).NotTo(HaveOccurred())
	for _, picture := range old { // what other suites keep there stays
		Expect(os.Remove(picture)).To(Succeed())
	}
}

// examine looks at the page as it stands: it has no accessibility fault that axe-core knows, nothing sticks out
// sideways, and its picture is kept under that name. Some of axe-core's rules may be left out.
func (t *tab) examine(name string, without ...string) {
	GinkgoHelper()
	Expect(t.faults(without)).To(BeEmpty(), "axe-core on page %s", name)
	t.fits(name)
	t.picture(name)
}

// faults are what axe-core finds in the page.
func (t *tab) faults(without []string) []finding {
	GinkgoHelper()
	rules := map[string]any{}
	for _, rule := range without {
		rules[rule] = map[string]bool{"enabled": false}
	}
	options, err := json.Marshal(map[string]any{"resultTypes": []string{"violations"}, "rules": rules})
	Expect(err).NotTo(HaveOccurred())
	eval[bool](t, axe+"; true")
	return eval[[]finding](t, `axe.run(document, `+string(options)+`).then(found => found.violations.map(v =>
		({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html)})))`)
}

// fits checks that the page needs no scrolling sideways.
func (t *tab) fits(name string) {
	GinkgoHelper()
	wide := eval[int64](t, "document.documentElement.scrollWidth")
	Expect(wide).To(BeNumerically("<=", t.width), "page %s is wider than the screen", name)
}

// picture keeps the whole page as an image.
func (t *tab) picture(name string) {
	GinkgoHelper()
	image := run(t, chromedp.FullScreenshot(100))
	path := filepath.Join(artifacts, fmt.Sprintf("%s.%s.png", name, t.name))
	Expect(os.WriteFile(path, image, 0o600)).To(Succeed())
}
