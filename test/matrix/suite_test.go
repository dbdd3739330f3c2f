// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package matrix asks a real API server, with real impersonation, RBAC and webhooks, for everything that a role may or may
// not do: role by kind by verb by field. The expectations are written by hand from the requirements.
package matrix

import (
	"context"
	"fmt"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var (
	env *testenv.Env
	// org is the name of the organization that the requests are about, and of its namespace.
	org string
	// cases and refusals are the numbers of requests and of refused requests.
	cases, refusals int
)

func TestMatrix(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Role matrix")
}

var _ = BeforeSuite(func(ctx context.Context) {
	s := suite.Start(GinkgoTB(), GinkgoWriter)
	env = s.Env
	s.StartOperator(ctx)
	org = settle(ctx)
})

var _ = AfterSuite(func() {
	line := fmt.Sprintf("%d cases, %d of them refused", cases, refusals)
	AddReportEntry("role matrix", line)
	fmt.Println("role matrix:", line)
})
