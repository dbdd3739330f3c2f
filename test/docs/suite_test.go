// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package docs types the commands of README.md and docs/*.md against a real control plane, with the operator and a mail server, and
// compares what is printed with what the page shows.
//
// Blocks of the languages console and sh are typed from top to bottom, each page on its own. Comments before the blocks direct it:
//
//	<!-- typed: samples -->             here the page begins: config/samples are applied and settled. "nothing" begins without them;
//	                                    "samples, deployment" has the operator's Deployment as well, though no node to run it
//	<!-- not typed: REASON -->          the next block is not typed
//	<!-- nothing typed: REASON -->      no block of this page is typed
//	<!-- file: NAME -->                 the next block is saved as a file for the commands after it
//	<!-- mail: ADDRESS -->              the next block is the newest mail to the address: header fields and, after an empty line, the text
//	<!-- same as: PATH -->              the next block is a file of the repository
//	<!-- meanwhile: EVENT -->           something that happens outside the page, see events in meanwhile_test.go
//
// In a console block a command begins with "$ ", or with "ana$ " if ana@acme.example types it, and the lines after it are what it prints: both output streams, as in a terminal. A line
// "..." stands for any lines, and "…" in a line for any text. A command without lines has to succeed without a warning, but may print what the page leaves out. A sh
// block is a script that has to succeed. What differs from run to run, such as ages and times, is compared as such; see normalize.
//
// With -update the pages are rewritten with what the commands print. A line "?" asks for the output of a new command.
package docs

import (
	"context"
	"flag"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/plugin"
	"github.com/usher-operator/usher/internal/testing/suite"
)

var update = flag.Bool("update", false, "rewrite the outputs in README.md and docs/*.md with what the commands print")

// settleDelay is shorter than the operator's own, because every page begins by waiting for it.
const settleDelay = 500 * time.Millisecond

var (
	shared *suite.Suite
	// pluginDir is the folder that the kubectl plugin is in.
	pluginDir string
	// differences are all pages' lines that are not what was printed.
	differences []string
)

// TestDocs says once more at its end how pages differ: the specs after a failed one, and those of other packages, push its own report far up.
func TestDocs(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Documentation")
	for _, difference := range differences {
		t.Log(difference)
	}
}

var _ = BeforeSuite(func(ctx context.Context) {
	Expect(missing()).To(BeEmpty(), "install these programs, or run `make docs-test`, which does")
	shared = suite.Start(GinkgoTB(), nil)
	pluginDir = GinkgoT().TempDir()
	_, err := plugin.Build(ctx, pluginDir)
	Expect(err).NotTo(HaveOccurred())
})

func startOperator(ctx context.Context) string {
	GinkgoHelper()
	usher := shared.StartOperator(ctx, func(o *setup.Options) { o.SettleDelay = settleDelay })
	// The API server may learn a moment later that the webhooks have another certificate. The first command of a page is typed only once.
	Eventually(func() error {
		return shared.Env.Client.Create(ctx, builders.Organization("default").Obj(), client.DryRunAll)
	}).WithContext(ctx).Should(Succeed())
	return usher.PortalURL
}
