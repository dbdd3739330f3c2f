// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package dex_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/internal/testing/dex"
	"github.com/usher-operator/usher/internal/testing/testenv"
	"github.com/usher-operator/usher/internal/testing/timing"
)

const (
	// prefix is what the API server puts before people's addresses here. The development cluster has none.
	prefix = "sso:"
	portal = "http://127.0.0.1:9/sign-in/callback"
)

var (
	server *dex.Server
	env    *testenv.Env
)

func TestDex(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "Dex")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	logf.SetLogger(GinkgoLogr)
	var err error
	server, err = dex.Start(ctx, GinkgoT().TempDir(), dex.Options{RedirectURIs: []string{portal}})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
	authentication, err := server.Authentication(prefix)
	Expect(err).NotTo(HaveOccurred())
	env, err = testenv.Start(testenv.Options{Empty: true, Authentication: authentication})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
})
