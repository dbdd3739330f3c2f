// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// moment is something that happens to the operator, at which it may be killed.
type moment string

const (
	request     moment = "at a request to the API server"
	beforeWrite moment = "before a write reaches the API server"
	afterWrite  moment = "after a write, before its answer"
	inDialogue  moment = "in the SMTP dialogue, after RCPT"
	inContent   moment = "in the midst of a mail"
	mailKept    moment = "after the mail server has taken a mail, before its answer"
	formSent    moment = "after a form was sent, before its page"
	ready       moment = "when it is ready"
	atRest      moment = "when there is nothing left to do"
	leaseLost   moment = "by its own hand, as its lease ran out on a machine that is too busy"
)

// death says when the operator dies: at the nth such moment of its life.
type death struct {
	at  moment
	nth int
	// about, a regular expression, says which moments count, by the recipient, the link or the request.
	about string
}

// String tells the death in one line.
func (d death) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s, number %d %s", d.at, d.nth, d.about))
}

// victim is the operator, started again after each death. It is safe for concurrent use.
type victim struct {
	binary  string
	cfg     *rest.Config
	options setup.Options
	// line is the operator's way to the mail server.
	line *line
	// news is what the operator hears of the cluster.
	news news

	mu      sync.Mutex
	process *operator.Process
	next    death
	killed  bool
	kills   tally
}

func newVictim(binary string) *victim {
	GinkgoHelper()
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.SettleDelay = settleDelay
	v := &victim{binary: binary, options: options, kills: tally{}}
	v.cfg = through(env.OperatorConfig(), func(at moment, about string) bool {
		v.news.reach(at, about)
		return v.reach(at, about)
	}, v.news.wait)
	v.line = newLine(box.Addr(), v.reach)
	v.options.Mail.Address = v.line.address
	return v
}

// reach tells that a moment has come. It gives true, when the operator is gone, if it was the one to die at.
func (v *victim) reach(at moment, about string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.process == nil || v.killed || v.next.at != at || !regexp.MustCompile(v.next.about).MatchString(about) {
		return false
	}
	if v.next.nth--; v.next.nth > 0 {
		return false
	}
	v.strike()
	return true
}

// strike kills the operator; the caller holds the lock.
func (v *victim) strike() {
	defer GinkgoRecover()
	v.killed = true
	v.kills[v.next.at]++
	Expect(v.process.Kill()).To(Succeed())
}

// launch starts the operator and returns at once. The death awaits it.
func (v *victim) launch(d death) {
	GinkgoHelper()
	v.mu.Lock()
	defer v.mu.Unlock()
	process, err := operator.Launch(v.cfg, v.binary, v.options)
	Expect(err).NotTo(HaveOccurred())
	v.process, v.next, v.killed = process, d, false
}

// start starts the operator for good and returns when it is ready.
func (v *victim) start(ctx context.Context) {
	GinkgoHelper()
	v.launch(death{})
	Expect(v.process.AwaitReady(ctx)).To(Succeed())
}

// await changes the death of the operator that runs.
func (v *victim) await(d death) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.next = d
}

// live is one life of the operator: until its death, or until the story is over.
func (v *victim) live(ctx context.Context, d death, over <-chan struct{}) {
	GinkgoHelper()
	v.launch(d)
	if d.at == ready {
		Expect(v.process.AwaitReady(ctx)).To(Succeed())
		v.reach(ready, "")
	}
	select {
	case <-v.process.Ended():
	case <-over:
		v.kill()
	case <-ctx.Done():
		Fail("it was neither killed nor done: " + d.String())
	}
	v.died()
	v.releaseLease(ctx)
}

// kill kills the operator now, unless it is dead.
func (v *victim) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.process != nil && !v.killed {
		v.next = death{at: atRest, nth: 1}
		v.strike()
	}
}

// died waits until the operator is gone and checks that it was killed, and did not end by itself. A leader that cannot
// renew its lease must.
func (v *victim) died() {
	GinkgoHelper()
	Eventually(v.process.Ended()).Should(BeClosed())
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.killed {
		return
	}
	Expect(v.process.Stop()).To(MatchError(ContainSubstring("leader election lost")), "the operator ended by itself")
	v.killed = true
	v.kills[leaseLost]++
}

// liveOn lets the operator live until the story is over, and starts it again when it ends by itself, as Kubernetes does.
func (v *victim) liveOn(ctx context.Context, over <-chan struct{}) {
	GinkgoHelper()
	for {
		v.start(ctx)
		select {
		case <-over:
			return
		case <-v.process.Ended():
			v.died()
			v.releaseLease(ctx)
		case <-ctx.Done():
			Fail("the story is not over")
		}
	}
}

// releaseLease takes the lease from a leader that is dead. A successor would get it when it has run out, after 15
// seconds, which one spec waits for; the others need not.
func (v *victim) releaseLease(ctx context.Context) {
	GinkgoHelper()
	leases := &coordinationv1.Lease{}
	Expect(env.Client.DeleteAllOf(ctx, leases, client.InNamespace(operator.Namespace))).To(Succeed())
}

// forget takes the operator's Secrets away, so that its next start is as its first.
func (v *victim) forget(ctx context.Context) {
	GinkgoHelper()
	for _, name := range []string{"usher-link-keys", "usher-webhook-certificate"} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: name}}
		Expect(client.IgnoreNotFound(env.Client.Delete(ctx, secret))).To(Succeed())
	}
}

// tally is how often the operator was killed at each moment.
type tally map[moment]int

func (v *victim) tally() tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.kills)
}

func (t tally) less(other tally) tally {
	for at, n := range other {
		t[at] -= n
	}
	return t
}

func (t tally) sum() int {
	sum := 0
	for _, n := range t {
		sum += n
	}
	return sum
}

// String tells each moment in a line.
func (t tally) String() string {
	var text strings.Builder
	for _, at := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(&text, "%3d %s\n", t[at], at)
	}
	return text.String()
}
