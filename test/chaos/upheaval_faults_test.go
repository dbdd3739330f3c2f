// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// fault is one way to fail. It goes on while the time lasts, and is over when strike returns.
type fault struct {
	name string
	// strike makes the fault last. The replica is the one that is hit, if it hits one.
	strike func(ctx context.Context, u *upheaval, r *replica, lasts time.Duration)
	// whole says that it hits the control plane, of which one part fails at a time.
	whole bool
}

// blow is a fault of the plan.
type blow struct {
	fault   fault
	replica int
	lasts   time.Duration
	// after is how long after the blow before.
	after time.Duration
}

// String returns the blow in one line.
func (b blow) String() string {
	return fmt.Sprintf("%s, replica %d, %s, after %s", b.fault.name, b.replica, b.lasts.Round(time.Millisecond),
		b.after.Round(time.Millisecond))
}

var faults = []fault{
	{name: "a replica is killed", strike: func(_ context.Context, _ *upheaval, r *replica, lasts time.Duration) { r.kill(lasts) }},
	{name: "both replicas are killed", strike: func(_ context.Context, u *upheaval, _ *replica, lasts time.Duration) {
		for _, r := range u.installation.replicas {
			r.kill(lasts)
		}
	}},
	{
		name: "kube-apiserver is killed and started again", whole: true,
		strike: func(_ context.Context, _ *upheaval, _ *replica, lasts time.Duration) {
			Expect(env.RestartAPIServer(lasts / 4)).To(Succeed())
		},
	},
	{name: "etcd stops", whole: true, strike: func(ctx context.Context, _ *upheaval, _ *replica, lasts time.Duration) {
		Expect(env.StopEtcd()).To(Succeed())
		pass(ctx, lasts)
		Expect(env.ContinueEtcd()).To(Succeed())
	}},
	{name: "etcd is compacted", whole: true, strike: func(ctx context.Context, u *upheaval, r *replica, _ time.Duration) {
		r.api.cut() // so that it asks for revisions that are gone
		Expect(u.watch.Compact(context.WithoutCancel(ctx))).To(Succeed())
	}},
	{
		name: "etcd is compacted while kube-apiserver starts again", whole: true,
		strike: func(ctx context.Context, u *upheaval, r *replica, lasts time.Duration) {
			r.api.reject()
			defer r.api.restore()
			Expect(u.watch.Compact(context.WithoutCancel(ctx))).To(Succeed())
			Expect(env.RestartAPIServer(lasts / 8)).To(Succeed())
		},
	},
	{name: "watches are cut", strike: func(_ context.Context, _ *upheaval, r *replica, _ time.Duration) { r.api.cut() }},
	{name: "a replica cannot reach kube-apiserver", strike: during(func(r *replica) { r.api.reject() }, func(r *replica) { r.api.restore() })},
	{name: "a replica's requests are held back", strike: during(func(r *replica) { r.api.freeze() }, func(r *replica) { r.api.restore() })},
	{
		name:   "a replica is slow to reach kube-apiserver",
		strike: during(func(r *replica) { r.api.slow(5 * slowest) }, func(r *replica) { r.api.restore() }),
	},
	{name: "a replica's clock is an hour late", strike: jump(-time.Hour)},
	{name: "a replica's clock is an hour early", strike: jump(time.Hour)},
	{name: "the webhooks are cut off", strike: func(ctx context.Context, u *upheaval, _ *replica, lasts time.Duration) {
		u.installation.webhooks.reject()
		pass(ctx, lasts/4)
		u.installation.webhooks.restore()
	}},
	{name: "the webhooks are slow", strike: func(ctx context.Context, u *upheaval, _ *replica, lasts time.Duration) {
		u.installation.webhooks.slow(5 * slowest)
		pass(ctx, lasts)
		u.installation.webhooks.restore()
	}},
	{name: "the certificate of the webhooks expires", strike: func(ctx context.Context, u *upheaval, _ *replica, _ time.Duration) {
		u.installation.expireCertificate(ctx)
	}},
	{name: "the portal is cut off", strike: func(ctx context.Context, u *upheaval, _ *replica, lasts time.Duration) {
		u.installation.portal.reject()
		pass(ctx, lasts/4)
		u.installation.portal.restore()
	}},
	{name: "the mail server is cut off", strike: smtpFault(func(r *relay) { r.reject() })},
	{name: "the mail server hangs", strike: smtpFault(func(r *relay) { r.freeze() })},
	{name: "the mail server is slow", strike: smtpFault(func(r *relay) { r.slow(5 * slowest) })},
	{name: "the mail server's disk is full", strike: trouble(mailbox.Fate{Refuse: &smtp.SMTPError{
		Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "insufficient system storage",
	}})},
	{name: "the mail server's answers are lost", strike: trouble(mailbox.Fate{KeepAndCut: true})},
	{name: "the mail server breaks off in a mail", strike: trouble(mailbox.Fate{CutAfter: 100})},
}

// pass lets time pass.
func pass(ctx context.Context, lasts time.Duration) {
	select {
	case <-time.After(lasts):
	case <-ctx.Done():
	}
}

func during(begin, end func(*replica)) func(context.Context, *upheaval, *replica, time.Duration) {
	return func(ctx context.Context, _ *upheaval, r *replica, lasts time.Duration) {
		begin(r)
		pass(ctx, lasts)
		end(r)
	}
}

func jump(offset time.Duration) func(context.Context, *upheaval, *replica, time.Duration) {
	return during(func(r *replica) { r.jump(offset) }, func(r *replica) { r.jump(0) })
}

func smtpFault(begin func(*relay)) func(context.Context, *upheaval, *replica, time.Duration) {
	return func(ctx context.Context, u *upheaval, _ *replica, lasts time.Duration) {
		begin(u.installation.smtp)
		pass(ctx, lasts)
		u.installation.smtp.restore()
	}
}

func trouble(fate mailbox.Fate) func(context.Context, *upheaval, *replica, time.Duration) {
	return func(ctx context.Context, _ *upheaval, _ *replica, lasts time.Duration) {
		box.SetTrouble(mailbox.FateOfMails(func([]string) mailbox.Fate { return fate }))
		pass(ctx, lasts)
		box.SetTrouble(mailbox.None{})
	}
}

// expireCertificate replaces the certificate of the webhooks with one that ended an hour ago. The replicas have to notice and renew it.
func (i *installation) expireCertificate(ctx context.Context) {
	var secret corev1.Secret
	key := client.ObjectKey{Namespace: operator.Namespace, Name: "usher-webhook-certificate"}
	expired := expiredCertificate()
	for ctx.Err() == nil {
		err := env.Client.Get(ctx, key, &secret)
		if err == nil {
			secret.Data["tls.crt"], secret.Data["tls.key"] = expired[0], expired[1]
			err = env.Client.Update(ctx, &secret)
		}
		if err == nil {
			return
		}
		pass(ctx, slowest)
	}
}

func expiredCertificate() [2][]byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: env.WebhookHost}, DNSNames: []string{env.WebhookHost},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
	}
	public, err := x509.CreateCertificate(crand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	private, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	return [2][]byte{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

// plan draws blows, bag by bag, so that every fault has its share.
func plan(random *rand.Rand, count int, longest time.Duration) []blow {
	var blows []blow
	for len(blows) < count {
		bag := slices.Clone(faults)
		random.Shuffle(len(bag), func(i, j int) { bag[i], bag[j] = bag[j], bag[i] })
		for _, f := range bag {
			blows = append(blows, blow{
				fault: f, replica: random.IntN(replicas), lasts: longest/10 + time.Duration(random.Int64N(int64(longest))),
				after: time.Duration(random.Int64N(int64(longest) / 4)),
			})
		}
	}
	return blows[:count]
}

// struck counts the blows. It is safe for concurrent use.
type struck struct {
	mu     sync.Mutex
	counts map[string]int
	// whole is held while a part of the control plane fails.
	whole sync.Mutex
}

// strike carries out a blow.
func (u *upheaval) strike(ctx context.Context, b blow) {
	pass(ctx, b.after)
	if ctx.Err() != nil {
		return
	}
	if b.fault.whole {
		u.struck.whole.Lock()
		defer u.struck.whole.Unlock()
	}
	_, _ = fmt.Fprintf(GinkgoWriter, "%s %s\n", time.Now().Format(time.TimeOnly), b)
	b.fault.strike(ctx, u, u.installation.replicas[b.replica], b.lasts)
	u.struck.mu.Lock()
	defer u.struck.mu.Unlock()
	u.struck.counts[b.fault.name]++
}

// String returns one line for each fault.
func (s *struck) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.counts)) {
		fmt.Fprintf(&text, "%5d %s\n", s.counts[name], name)
	}
	return text.String()
}
