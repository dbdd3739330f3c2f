// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package suite sets up what suites of tests and benchmarks need: a real control plane, a mail server, and the
// operator in this process. A Ginkgo suite calls it once, before its specs:
//
//	var _ = BeforeSuite(func(ctx context.Context) {
//		s := suite.Start(GinkgoTB(), GinkgoWriter)
//		env, box = s.Env, s.Mailbox
//		usher = s.StartOperator(ctx)
//	})
//
// A benchmark passes its testing.B and no log. Nothing needs to be stopped: everything ends after the suite, the operator
// first, and the suite fails if something does not end or if a reconciler has panicked.
package suite

import (
	"context"
	"io"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/testenv"
	"github.com/usher-operator/usher/internal/testing/timing"
)

// Suite holds what a suite needs.
type Suite struct {
	// Env is the control plane, with Usher's CRDs, roles and webhook configurations.
	Env *testenv.Env
	// Mailbox is the mail server. It keeps every mail.
	Mailbox *mailbox.Mailbox

	t     testing.TB
	usher *operator.Operator
}

// Start starts a control plane, with the changes applied to its options, and a mail server. It sets Gomega's timeouts and
// the logger of controller-runtime, which writes to log, or nowhere if log is nil. An error fails the test.
func Start(t testing.TB, log io.Writer, changes ...func(*testenv.Options)) *Suite {
	t.Helper()
	timing.SetDefaults()
	logger := logr.Discard()
	if log != nil {
		logger = zap.New(zap.WriteTo(log), zap.UseDevMode(true))
	}
	ctrl.SetLogger(logger)

	var options testenv.Options
	for _, change := range changes {
		change(&options)
	}
	s := &Suite{t: t}
	var err error
	s.Env, err = testenv.Start(options)
	s.must("start the control plane", err)
	t.Cleanup(func() { s.ends("the control plane", s.Env.Stop()) })

	s.Mailbox = mailbox.New(mailbox.Options{Dir: t.TempDir()})
	s.must("start the mail server", s.Mailbox.Start())
	t.Cleanup(func() { s.ends("the mail server", s.Mailbox.Close()) })

	t.Cleanup(s.stopOperator)
	return s
}

// StartOperator runs the operator in this process, with the options of operator.Options and the changes applied to them,
// and returns when it is ready. After stopping it, a caller may start another one.
func (s *Suite) StartOperator(ctx context.Context, changes ...func(*setup.Options)) *operator.Operator {
	s.t.Helper()
	options, err := operator.Options(s.Env, s.Mailbox)
	s.must("configure the operator", err)
	for _, change := range changes {
		change(&options)
	}
	s.usher, err = operator.Start(ctx, s.Env, options)
	s.must("start the operator", err)
	return s.usher
}

// StopOperator stops the operator that runs, for suites that go on without one for a while. The caller may start another one.
func (s *Suite) StopOperator() error {
	usher := s.usher
	s.usher = nil
	return usher.Stop()
}

func (s *Suite) stopOperator() {
	s.t.Helper()
	if s.usher == nil {
		return
	}
	s.ends("the operator", s.usher.Stop())
	count, err := panics()
	s.must("read the metrics", err)
	if count > 0 {
		s.t.Errorf("reconcilers panicked %v times and were recovered; see the operator's log for where", count)
	}
}

func (s *Suite) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func (s *Suite) ends(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Errorf("stop %s: %v", what, err)
	}
}

// panics returns the number of reconciles that panicked, over all controllers that this process has ever run.
func panics() (float64, error) {
	families, err := metrics.Registry.Gather()
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_panics_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			sum += metric.GetCounter().GetValue()
		}
	}
	return sum, nil
}
