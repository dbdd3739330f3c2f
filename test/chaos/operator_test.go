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

// faultPoint is an event in the operator's work at which it may be killed.
type faultPoint string

const (
	request      faultPoint = "at a request to the API server"
	beforeWrite  faultPoint = "before a write reaches the API server"
	afterWrite   faultPoint = "after a write, before its answer"
	inDialogue   faultPoint = "in the SMTP dialogue, after RCPT"
	inContent    faultPoint = "in the middle of the content of a mail"
	mailAccepted faultPoint = "after the mail server accepted a mail, before its answer"
	formSent     faultPoint = "after a form was sent, before its page"
	ready        faultPoint = "when it is ready"
	bySpec       faultPoint = "when the spec stops it"
)

// killPoint is when the operator is killed: when it reaches the fault point for the nth time since its start.
type killPoint struct {
	at  faultPoint
	nth int
	// about is a regular expression for the recipient, the link or the request of the fault points that count.
	about string
}

// String returns the kill point in one line.
func (k killPoint) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s, number %d %s", k.at, k.nth, k.about))
}

// operatorUnderTest is the operator, which is restarted after each kill. It is safe for concurrent use.
type operatorUnderTest struct {
	binary  string
	cfg     *rest.Config
	options setup.Options
	// smtp is the proxy between the operator and the mail server.
	smtp *smtpProxy
	// watches delays what the operator's watches deliver.
	watches watchDelay

	mu      sync.Mutex
	process *operator.Process
	next    killPoint
	killed  bool
	kills   killCounts
}

func newOperatorUnderTest(binary string) *operatorUnderTest {
	GinkgoHelper()
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.SettleDelay = settleDelay
	o := &operatorUnderTest{binary: binary, options: options, kills: killCounts{}}
	o.cfg = throughProxy(env.OperatorConfig(), func(at faultPoint, about string) bool {
		o.watches.observe(at, about)
		return o.reached(at, about)
	}, o.watches.wait)
	o.smtp = newSMTPProxy(box.Addr(), o.reached)
	o.options.Mail.Address = o.smtp.address
	return o
}

// reached reports that the operator has reached a fault point. If it is the kill point, it kills the operator, waits for its
// end and returns true.
func (o *operatorUnderTest) reached(at faultPoint, about string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process == nil || o.killed || o.next.at != at || !regexp.MustCompile(o.next.about).MatchString(about) {
		return false
	}
	if o.next.nth--; o.next.nth > 0 {
		return false
	}
	o.killLocked()
	return true
}

// killLocked kills the operator; the caller holds the lock.
func (o *operatorUnderTest) killLocked() {
	defer GinkgoRecover()
	o.killed = true
	o.kills[o.next.at]++
	Expect(o.process.Kill()).To(Succeed())
}

// launch starts the operator, which will be killed at the kill point, and returns at once.
func (o *operatorUnderTest) launch(k killPoint) {
	GinkgoHelper()
	o.mu.Lock()
	defer o.mu.Unlock()
	process, err := operator.Launch(o.cfg, o.binary, o.options)
	Expect(err).NotTo(HaveOccurred())
	o.process, o.next, o.killed = process, k, false
}

// start starts the operator without a kill point and returns when it is ready.
func (o *operatorUnderTest) start(ctx context.Context) {
	GinkgoHelper()
	o.launch(killPoint{})
	Expect(o.process.AwaitReady(ctx)).To(Succeed())
}

// killAt changes the kill point of the running operator.
func (o *operatorUnderTest) killAt(k killPoint) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next = k
}

// runUntilKilled runs the operator until it is killed at the kill point, or until the story is over.
func (o *operatorUnderTest) runUntilKilled(ctx context.Context, k killPoint, over <-chan struct{}) {
	GinkgoHelper()
	o.launch(k)
	if k.at == ready {
		Expect(o.process.AwaitReady(ctx)).To(Succeed())
		o.reached(ready, "")
	}
	select {
	case <-o.process.Ended():
	case <-over:
		o.kill()
	case <-ctx.Done():
		Fail("the operator was not killed and the story is not over: " + k.String())
	}
	o.awaitKilled()
	o.releaseLease(ctx)
}

// kill kills the operator now, if it is running.
func (o *operatorUnderTest) kill() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process != nil && !o.killed {
		o.next = killPoint{at: bySpec, nth: 1}
		o.killLocked()
	}
}

// awaitKilled waits until the operator has ended and checks that it was killed. It never ends by itself, not even if it cannot renew its
// lease on a busy machine.
func (o *operatorUnderTest) awaitKilled() {
	GinkgoHelper()
	Eventually(o.process.Ended()).Should(BeClosed())
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.killed {
		Fail(fmt.Sprintf("the operator ended by itself: %v", o.process.Stop()))
	}
}

// runUntil runs the operator until the story is over.
func (o *operatorUnderTest) runUntil(ctx context.Context, over <-chan struct{}) {
	GinkgoHelper()
	o.start(ctx)
	select {
	case <-over:
	case <-o.process.Ended():
		o.awaitKilled()
	case <-ctx.Done():
		Fail("the story is not over")
	}
}

// releaseLease deletes the lease of a leader that was killed. Otherwise a successor gets it when it expires, after 10 seconds;
// one spec waits for that, the others need not.
func (o *operatorUnderTest) releaseLease(ctx context.Context) {
	GinkgoHelper()
	leases := &coordinationv1.Lease{}
	Expect(env.Client.DeleteAllOf(ctx, leases, client.InNamespace(operator.Namespace))).To(Succeed())
}

// deleteSecrets deletes the operator's Secrets, so that its next start is like its first.
func (o *operatorUnderTest) deleteSecrets(ctx context.Context) {
	GinkgoHelper()
	for _, name := range []string{"usher-link-keys", "usher-webhook-certificate"} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: name}}
		Expect(client.IgnoreNotFound(env.Client.Delete(ctx, secret))).To(Succeed())
	}
}

// killCounts is how often the operator was killed at each fault point.
type killCounts map[faultPoint]int

func (o *operatorUnderTest) killCounts() killCounts {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.kills)
}

func (c killCounts) minus(other killCounts) killCounts {
	for at, n := range other {
		c[at] -= n
	}
	return c
}

func (c killCounts) total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// String returns one line per fault point.
func (c killCounts) String() string {
	var text strings.Builder
	for _, at := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&text, "%3d %s\n", c[at], at)
	}
	return text.String()
}
