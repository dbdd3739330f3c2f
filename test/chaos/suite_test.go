// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chaos kills the operator, a program of its own, at any moment of its work and starts it again. The control
// plane and the mail server are real and stay up; each moment is an event, not a time.
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
	// storyTimeout bounds a story with all its deaths.
	storyTimeout = 10 * time.Minute
	// settleDelay is short, so that mails begin early.
	settleDelay = 300 * time.Millisecond
)

var (
	env *testenv.Env
	box *mailbox.Mailbox
	// usher is the operator, which dies and comes back.
	usher *victim
)

func TestChaos(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Usher killed at any moment")
}

var _ = BeforeSuite(func(ctx context.Context) {
	s := suite.Start(GinkgoTB(), GinkgoWriter)
	env, box = s.Env, s.Mailbox
	binary, err := operator.Build(ctx, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	usher = newVictim(binary)
	DeferCleanup(usher.kill)
})

// rounds is how many times the story is played: USHER_CHAOS_ROUNDS, else twice.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("USHER_CHAOS_ROUNDS")); err == nil {
		return n
	}
	return 2
}
