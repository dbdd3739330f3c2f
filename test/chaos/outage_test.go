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
	// outageTimeout bounds a spec, in addition to the outage itself.
	outageTimeout = 10 * time.Minute
	// slowAnswer is how long a slow mail server takes for each answer without USHER_SLOW_ANSWER.
	slowAnswer = 200 * time.Millisecond
)

// duration is what an environment variable says, else the default.
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
			usher.line.mend()
			box.SetFault(nil)
			usher.kill()
			usher.releaseLease(ctx)
		})
	})

	It("that is down while people are invited keeps nobody from a mail, and is not stormed", func(ctx context.Context) {
		usher.line.cut()
		opened := usher.line.connections()
		w := newWave(ctx, people)
		began := time.Now()
		w.declare(ctx)
		Eventually(ctx, w.putOff).Should(HaveLen(people), "everybody is told when the next attempt will be")
		Expect(usher.line.connections() - opened).To(And(BeNumerically(">", 0), BeNumerically("<=", people)))

		By("refusing connections, with the operator started anew in the middle")
		usher.line.refuse()
		<-time.After(down / 2)
		usher.kill()
		usher.died()
		usher.releaseLease(ctx)
		usher.start(ctx)
		usher.line.mend()
		usher.line.cut()
		<-time.After(down / 2)
		failed := w.sum(ctx)
		Expect(usher.line.connections()-opened).To(BeNumerically("<=", failed+people), "connections of %d attempts", failed)
		Expect(w.mails()).To(BeEmpty())

		usher.line.mend()
		w.verify(ctx, began)
		w.report(ctx, "down", usher.line.connections()-opened, time.Since(began))
	}, SpecTimeout(outageTimeout+down))

	It("that hangs, and is slow then, gets every mail once, and holds up nothing else", func(ctx context.Context) {
		usher.line.hold()
		opened := usher.line.connections()
		w := newWave(ctx, slowInvited)
		began := time.Now()
		w.declare(ctx)
		Eventually(ctx, usher.line.connections).Should(BeNumerically(">", opened))

		By("declaring somebody else while no answer comes")
		sam := builders.OrgUser(w.org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceView).Obj()
		Expect(env.Client.Create(ctx, sam)).To(Succeed())
		Eventually(ctx, refetch(sam)).Should(BeReady())
		Expect(w.mails()).To(BeEmpty())

		usher.line.slow(slowness)
		w.verify(ctx, began)
		w.report(ctx, "slow, "+slowness.String()+" an answer", usher.line.connections()-opened, time.Since(began))
	}, SpecTimeout(outageTimeout))

	It("that sends everybody away once (greylisting) gets every mail at the second attempt", func(ctx context.Context) {
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
		opened := usher.line.connections()
		w := newWave(ctx, people)
		began := time.Now()
		w.declare(ctx)
		w.verify(ctx, began)
		Expect(w.attempts(ctx)).To(HaveEach(BeEquivalentTo(2)))
		connections := usher.line.connections() - opened
		Expect(connections).To(BeNumerically("<", people), "connections")
		w.report(ctx, "greylisting", connections, time.Since(began))
	}, SpecTimeout(outageTimeout))
})

// report says what an outage cost.
func (w *wave) report(ctx context.Context, what string, connections int, took time.Duration) {
	attempts := w.attempts(ctx)
	least, median, most := spread(attempts)
	AddReportEntry("outage", fmt.Sprintf("%s: people %d, attempts of each %d/%d/%d (least/median/most), connections %d, "+
		"mails %d, in %s", what, len(w.people), least, median, most, connections, len(w.mails()), took.Round(time.Second)))
}
