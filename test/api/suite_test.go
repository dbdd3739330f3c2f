// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/internal/testing/corpus"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var env *testenv.Env

func TestAPI(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "API")
}

var _ = BeforeSuite(func() {
	logf.SetLogger(GinkgoLogr)
	var err error
	env, err = testenv.Start(testenv.Options{CRDsOnly: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
})

// load reads a folder of the corpus while the spec tree is built. It panics on an error, since there would be no specs to run.
func load(folder string) []corpus.Entry {
	root, err := testenv.RepoRoot()
	if err != nil {
		panic(err)
	}
	entries, err := corpus.Load(root, folder)
	if err != nil {
		panic(err)
	}
	return entries
}
