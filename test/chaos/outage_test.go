// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

const (
	// fewInvited is how many people are invited during an outage without USHER_OUTAGE_PEOPLE.
	fewInvited = 30
	// outageTimeout limits a spec, in addition to the outage itself.
	outageTimeout = 10 * time.Minute
	// slowAnswer is how long a slow mail server takes for each answer without USHER_SLOW_ANSWER.
	slowAnswer = 200 * time.Millisecond
)

// duration returns the value of an environment variable, or the default.
func duration(variable string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(os.Getenv(variable)); err == nil {
		return d
	}
	return otherwise
}

var _ = Describe("A mail server", func() {
	people := number("USHER_OUTAGE_PEOPLE", fewInvited)
	down := duration("USHER_OUTAGE", 0)
	slowInvited := people * 2 / 5
	slowness := duration("USHER_SLOW_ANSWER", slowAnswer)

	BeforeEach(func(ctx context.Context) {
		usher.start(ctx)
		DeferCleanup(func(ctx context.Context) {
			usher.smtp.restore()
			box.SetFault(nil)
			usher.kill()
			usher.releaseLease(ctx)
		})
	})

	It("that is down while people are invited gets every mail later and is not flooded with connections", func(ctx context.Context) {
		usher.smtp.cut()
		opened := usher.smtp.connections()
		w := newWave(ctx, people)
		began := time.Now()
		w.declare(ctx)
		Eventually(ctx, w.deferred).Should(HaveLen(people), "each status says when the next attempt will be")
		Expect(usher.smtp.connections() - opened).To(And(BeNumerically(">", 0), BeNumerically("<=", people)))

		By("refusing connections, with a restart of the operator halfway through")
		usher.smtp.refuse()
		<-time.After(down / 2)
		usher.kill()
		usher.awaitKilled()
		usher.releaseLease(ctx)
		usher.start(ctx)
		usher.smtp.restore()
		usher.smtp.cut()
		<-time.After(down / 2)
		failed := w.totalAttempts(ctx)
		Expect(usher.smtp.connections()-opened).To(BeNumerically("<=", failed+people), "connections for %d attempts", failed)
		Expect(w.mails()).To(BeEmpty())

		usher.smtp.restore()
		w.verify(ctx, began)
		w.report(ctx, "down", usher.smtp.connections()-opened, time.Since(began))
	}, SpecTimeout(outageTimeout+down))

	It("that hangs and later is slow gets every mail once and delays nothing else", func(ctx context.Context) {
		usher.smtp.hold()
		opened := usher.smtp.connections()
		w := newWave(ctx, slowInvited)
		began := time.Now()
		w.declare(ctx)
		Eventually(ctx, usher.smtp.connections).Should(BeNumerically(">", opened))

		By("creating another user while the server does not answer")
		sam := builders.OrgUser(w.org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		Expect(env.Client.Create(ctx, sam)).To(Succeed())
		Eventually(ctx, refetch(sam)).Should(BeReady())
		Expect(w.mails()).To(BeEmpty())

		usher.smtp.slow(slowness)
		w.verify(ctx, began)
		w.report(ctx, "slow, "+slowness.String()+" an answer", usher.smtp.connections()-opened, time.Since(began))
	}, SpecTimeout(outageTimeout))

	It("that refuses each recipient once (greylisting) gets every mail at the second attempt", func(ctx context.Context) {
		var mu sync.Mutex
		known := map[string]bool{}
		box.SetFault(func(recipient string) error {
			mu.Lock()
			defer mu.Unlock()
			if known[recipient] {
				return nil
			}
			known[recipient] = true
			return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted, come back later"}
		})
		opened := usher.smtp.connections()
		w := newWave(ctx, people)
		began := time.Now()
		w.declare(ctx)
		w.verify(ctx, began)
		Expect(w.attempts(ctx)).To(HaveEach(BeEquivalentTo(2)))
		connections := usher.smtp.connections() - opened
		Expect(connections).To(BeNumerically("<", people), "connections")
		w.report(ctx, "greylisting", connections, time.Since(began))
	}, SpecTimeout(outageTimeout))
})

// report says what the outage cost.
func (w *wave) report(ctx context.Context, what string, connections int, took time.Duration) {
	attempts := w.attempts(ctx)
	least, median, most := spread(attempts)
	AddReportEntry("outage", fmt.Sprintf("%s: people %d, attempts per mail %d/%d/%d (least/median/most), connections %d, "+
		"mails %d, in %s", what, len(w.people), least, median, most, connections, len(w.mails()), took.Round(time.Second)))
}
