// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package pods runs Usher as an installation does: in pods, from the image, on a cluster with two nodes. The cluster is that of
// `make up NODES=2`, in a directory of its own, so that a development cluster of the same checkout is left alone. It needs root and
// a kernel with namespaces; see docs/development.md.
//
// With USHER_PODS_DIR the cluster is kept in that directory from one run to the next, which saves its start while a spec is written; end it
// with `go -C hack/devcluster run . down --data DIRECTORY`.
//
// Specs with the label long are left out of a run that does not ask for them: `make test-pods PODS=` runs all.
//
// Specs run one after the other on one cluster. Each leaves it as it found it: both nodes running, Usher installed as make up does.
package pods

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/usher-operator/usher/internal/testing/timing"
)

// upTimeout limits bringing up the cluster, which builds the programs of nodes if the cache has none.
const upTimeout = 40 * time.Minute

// env is the cluster that all specs use.
var env *cluster

// long marks what takes minutes, or builds another version.
var long = Label("long")

func TestPods(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Usher in pods")
}

var _ = BeforeSuite(func(ctx context.Context) {
	timing.SetDefaults()
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))
	env = newCluster()
	DeferCleanup(func(ctx context.Context) { env.down(ctx) }, NodeTimeout(timing.Timeout))
	env.up(ctx)
}, NodeTimeout(upTimeout))

// What explains a failure is kept before the spec's cleanup ends the pods, or after it, if only the cleanup fails.
var (
	// kept is the spec whose failure was explained last.
	kept = ""

	_ = JustAfterEach(func(ctx SpecContext) { keepIfFailed(ctx, ctx.SpecReport()) })
	_ = ReportAfterEach(func(ctx SpecContext, report SpecReport) { keepIfFailed(ctx, report) })
)

func keepIfFailed(ctx context.Context, report SpecReport) {
	if report.Failed() && env != nil && kept != report.FullText() {
		env.keep(ctx, report.FullText())
		kept = report.FullText()
	}
}
