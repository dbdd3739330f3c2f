// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package matrix asks the real API server, with real impersonation, RBAC and webhooks, for everything that a role may or
// may not do: role by kind by verb by field. What is expected is written by hand from the requirements.
package matrix

import (
	"context"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/usher-operator/usher/internal/testenv"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/test/mailbox"
)

// eventually bounds waiting for what must come.
const eventually = 60 * time.Second

var (
	env *testenv.Env
	// org is the name of the organization, and of its namespace, that the requests are about.
	org string
	// cases and refusals count what was asked, and how often the answer was no.
	cases, refusals int
)

func TestMatrix(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Role matrix")
}

var _ = BeforeSuite(func(ctx context.Context) {
	SetDefaultEventuallyTimeout(eventually)
	SetDefaultEventuallyPollingInterval(25 * time.Millisecond)
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))

	var err error
	env, err = testenv.Start(testenv.Options{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })

	box := mailbox.New(mailbox.Options{Dir: GinkgoT().TempDir(), Addr: "127.0.0.1:0"})
	Expect(box.Start()).To(Succeed())
	DeferCleanup(func() { Expect(box.Close()).To(Succeed()) })

	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	usher, err := operator.Start(ctx, env, options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(usher.Stop()).To(Succeed()) })

	org = settle(ctx)
})

var _ = AfterSuite(func() {
	line := fmt.Sprintf("%d cases, %d of them refused", cases, refusals)
	AddReportEntry("role matrix", line)
	fmt.Println("role matrix:", line)
})
