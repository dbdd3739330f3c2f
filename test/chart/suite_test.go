// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/helm"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const chart = "config/chart"

var (
	env *testenv.Env
	box *mailbox.Mailbox
	hlm *helm.Helm
)

func TestChart(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Chart")
}

var _ = BeforeSuite(func(ctx context.Context) {
	s := suite.Start(GinkgoTB(), GinkgoWriter, func(o *testenv.Options) { o.Empty = true })
	env, box = s.Env, s.Mailbox
	var err error
	hlm, err = helm.Build(ctx, env.KubectlEnv()...)
	Expect(err).NotTo(HaveOccurred())
})
