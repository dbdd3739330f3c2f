// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests Usher from outside: YAML in; cluster state, mail, pages and messages out. The control plane, the mail
// server and the operator, with its own ServiceAccount, are real.
package e2e

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/usher-operator/usher/internal/testenv"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/test/mailbox"
)

const (
	// eventually bounds waiting for what must come; nothing is decided by how long it takes.
	eventually = 30 * time.Second
	poll       = 25 * time.Millisecond
)

var (
	env   *testenv.Env
	box   *mailbox.Mailbox
	usher *operator.Operator
)

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Usher end to end")
}

var _ = BeforeSuite(func(ctx context.Context) {
	SetDefaultEventuallyTimeout(eventually)
	SetDefaultEventuallyPollingInterval(poll)
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))

	var err error
	env, err = testenv.Start(testenv.Options{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })

	box = mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir(), Addr: "127.0.0.1:0"})
	Expect(box.Start()).To(Succeed())
	DeferCleanup(func() { Expect(box.Close()).To(Succeed()) })

	startOperator(ctx)
	DeferCleanup(func() {
		Expect(usher.Stop()).To(Succeed())
		Expect(panics()).To(BeZero(), "a reconciler panicked and was recovered")
	})
})

func startOperator(ctx context.Context) {
	GinkgoHelper()
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	usher, err = operator.Start(ctx, env, options)
	Expect(err).NotTo(HaveOccurred())
}

// panics counts the reconciles that panicked, over all controllers.
func panics() float64 {
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	var sum float64
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_panics_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			sum += metric.GetCounter().GetValue()
		}
	}
	return sum
}
