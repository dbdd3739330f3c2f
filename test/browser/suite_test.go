// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package browser goes the ways that people go through the portal in a real browser, Chromium, against the real operator
// on a real control plane with a real mail server. Every page is searched for accessibility faults by axe-core, and its
// picture is kept in .dev/artifacts.
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
)

func TestBrowser(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Portal in a browser")
}

var _ = BeforeSuite(func(ctx context.Context) {
	startBrowser()
	loadAxe()
	emptyArtifacts()
	s := suite.Start(GinkgoTB(), GinkgoWriter)
	env, box = s.Env, s.Mailbox
	usher = s.StartOperator(ctx)
})
