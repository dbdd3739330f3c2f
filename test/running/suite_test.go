// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package running tests what changes while Usher runs, without a restart: its certificates and its configuration. The control plane and
// the mail server are real, and there are as many operators as a spec needs.
package running

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var (
	env *testenv.Env
	box *mailbox.Mailbox
)

func TestRunning(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Usher while it runs")
}

var _ = BeforeSuite(func() {
	s := suite.Start(GinkgoTB(), GinkgoWriter)
	env, box = s.Env, s.Mailbox
})

// startOperator runs an operator, with all components in one process, until the end of the spec.
func startOperator(ctx context.Context, changes ...func(*setup.Options)) *operator.Operator {
	GinkgoHelper()
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.Propagation = testPropagation
	for _, change := range changes {
		change(&options)
	}
	usher, err := operator.StartWith(ctx, env.OperatorConfig(), options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(usher.Stop()).To(Succeed()) })
	return usher
}

// organization creates an organization with a user and a workspace, all in force.
func organization(ctx context.Context) string {
	GinkgoHelper()
	org := env.Namespace(ctx, "org")
	user := builders.OrgUser(org, "ana").Existing().Obj()
	workspace := builders.Workspace(org, "support").Obj()
	Expect(env.Client.Create(ctx, builders.Organization(org).Obj())).To(Succeed())
	Expect(env.Client.Create(ctx, user)).To(Succeed())
	Expect(env.Client.Create(ctx, workspace)).To(Succeed())
	Eventually(read(ctx, user)).Should(BeReady())
	Eventually(read(ctx, workspace)).Should(BeReady())
	return org
}
