// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests Usher from the outside: its input is YAML, its output are cluster state, mails, pages and messages. The
// control plane, the mail server and the operator, with its own ServiceAccount, are real.
package e2e

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
	"github.com/usher-operator/usher/internal/testing/timing"
)

// eventually is how long a spec waits for what must happen.
const eventually = timing.Timeout

var (
	shared *suite.Suite
	env    *testenv.Env
	box    *mailbox.Mailbox
	usher  *operator.Operator
)

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Usher end to end")
}

var _ = BeforeSuite(func(ctx context.Context) {
	shared = suite.Start(GinkgoTB(), GinkgoWriter)
	env, box = shared.Env, shared.Mailbox
	startOperator(ctx)
})

func startOperator(ctx context.Context) {
	GinkgoHelper()
	usher = shared.StartOperator(ctx)
}
