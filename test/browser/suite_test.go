// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package browser tests the portal in a real browser, Chromium, as people use it, against the real operator with a real
// control plane and a real mail server. axe-core checks every page for accessibility violations, and a screenshot of each
// page is kept in .dev/artifacts.
package browser

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var (
	env   *testenv.Env
	box   *mailbox.Mailbox
	usher *operator.Operator
	// shared starts and stops operators.
	shared *suite.Suite
)

func TestBrowser(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Portal in a browser")
}

var _ = BeforeSuite(func(ctx context.Context) {
	startBrowser()
	loadAxe()
	prepareArtifacts()
	shared = suite.Start(GinkgoTB(), GinkgoWriter)
	env, box = shared.Env, shared.Mailbox
	usher = shared.StartOperator(ctx)
})
