// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chaos kills the operator, which runs in a process of its own, at fault points of its work and restarts it. The
// control plane and the mail server are real and stay up. A fault point is an event, not a time.
package chaos

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
	"github.com/usher-operator/usher/internal/testing/timing"
)

const (
	// eventually is how long a spec waits for what must happen.
	eventually = timing.Timeout
	// storyTimeout limits a story with all its kills.
	storyTimeout = 10 * time.Minute
	// settleDelay is short, so that the first mails are sent early.
	settleDelay = 300 * time.Millisecond
)

var (
	env *testenv.Env
	box *mailbox.Mailbox
	// usher is the operator under test.
	usher *operatorUnderTest
)

func TestChaos(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Usher killed at fault points")
}

var _ = BeforeSuite(func(ctx context.Context) {
	s := suite.Start(GinkgoTB(), GinkgoWriter, func(o *testenv.Options) { o.AuditAnswers = []string{"organizations"} })
	env, box = s.Env, s.Mailbox
	binary, err := operator.Build(ctx, GinkgoT().TempDir(), "-tags=chaos")
	Expect(err).NotTo(HaveOccurred())
	usher = newOperatorUnderTest(binary)
	DeferCleanup(usher.kill)
})

// rounds returns how often the story is played: USHER_CHAOS_ROUNDS, or once.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("USHER_CHAOS_ROUNDS")); err == nil {
		return n
	}
	return 1
}
