// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/internal/testing/testenv"
	"github.com/usher-operator/usher/internal/testing/timing"
)

var env *testenv.Env

func TestEnvironment(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "Test environment")
}

var _ = BeforeSuite(func() {
	logf.SetLogger(GinkgoLogr)
	var err error
	env, err = testenv.Start(testenv.Options{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
})
