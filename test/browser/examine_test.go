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

// artifacts is the directory of the screenshots.
var artifacts string

// violation is an accessibility violation that axe-core found.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// loadAxe reads axe-core from where npm installed it.
func loadAxe() {
	GinkgoHelper()
	source, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	Expect(err).NotTo(HaveOccurred(), "the browser tests need axe-core: `make browser` installs it (npm ci in test/browser)")
	axe = string(source)
}

// prepareArtifacts deletes the screenshots of earlier runs.
func prepareArtifacts() {
	GinkgoHelper()
	root, err := testenv.RepoRoot()
	Expect(err).NotTo(HaveOccurred())
	artifacts = filepath.Join(root, ".dev", "artifacts")
	Expect(os.MkdirAll(artifacts, 0o755)).To(Succeed())
	old, err := filepath.Glob(filepath.Join(artifacts, "*.png"))
	Expect(err).NotTo(HaveOccurred())
	for _, picture := range old { // the files of other suites stay
		Expect(os.Remove(picture)).To(Succeed())
	}
}

// examine checks the current page: axe-core finds no accessibility violations, and the page does not scroll sideways. It keeps
// a screenshot under the given name. Rules of axe-core may be excluded.
func (t *tab) examine(name string, without ...string) {
	GinkgoHelper()
	Expect(t.violations(without)).To(BeEmpty(), "axe-core on page %s", name)
	t.fits(name)
	t.screenshot(name)
}

// violations returns what axe-core finds in the page.
func (t *tab) violations(without []string) []violation {
	GinkgoHelper()
	rules := map[string]any{}
	for _, rule := range without {
		rules[rule] = map[string]bool{"enabled": false}
	}
	options, err := json.Marshal(map[string]any{"resultTypes": []string{"violations"}, "rules": rules})
	Expect(err).NotTo(HaveOccurred())
	if !eval[bool](t, "Boolean(window.axe)") { // a page that is seen on several screens needs it once
		eval[bool](t, axe+"; true")
	}
	return eval[[]violation](t, `axe.run(document, `+string(options)+`).then(found => found.violations.map(v =>
		({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html)})))`)
}

// fits checks that the page needs no scrolling sideways.
func (t *tab) fits(name string) {
	GinkgoHelper()
	wide := eval[int64](t, "document.documentElement.scrollWidth")
	Expect(wide).To(BeNumerically("<=", t.width), "page %s is wider than the screen", name)
}

// screenshot keeps an image of the whole page.
func (t *tab) screenshot(name string) {
	GinkgoHelper()
	image := run(t, chromedp.FullScreenshot(100))
	path := filepath.Join(artifacts, fmt.Sprintf("%s.%s.png", name, t.name))
	Expect(os.WriteFile(path, image, 0o600)).To(Succeed())
}
