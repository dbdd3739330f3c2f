// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// read returns a function that reads an object.
func read[T client.Object](ctx context.Context, o T) func(Gomega) T {
	return func(g Gomega) T {
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		return o
	}
}

// load counts what goes well and what is refused while it lasts.
type load struct {
	mu       sync.Mutex
	answered map[string]int
	refused  []string
}

func (l *load) count(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.refused = append(l.refused, fmt.Sprintf("%s %s: %v", time.Now().Format("15:04:05.000"), what, err))
		return
	}
	l.answered[what]++
}

func (l *load) refusals() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// total returns how often something went well.
func (l *load) total(what string) func() int {
	return func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.answered[what]
	}
}

// underLoad writes to an organization through the webhooks of all replicas, and connects to each replica as an API server does that
// knows the webhook configurations of a moment ago, until the spec ends or the function that it returns is called.
func underLoad(ctx context.Context, org string, ports []int) (l *load, end func()) {
	l = &load{answered: map[string]int{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	loop := func(step func(n int)) {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				step(n)
			}
		})
	}
	loop(func(n int) {
		patch := fmt.Appendf(nil, `{"spec":{"displayName":"Ana %d"}}`, n)
		l.write(ctx, "users", &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}, patch)
	})
	loop(func(n int) {
		patch := fmt.Appendf(nil, `{"spec":{"displayName":"Support %d"}}`, n)
		l.write(ctx, "workspaces", &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "support"}}, patch)
	})
	for _, late := range []time.Duration{0, testPropagation / 2} {
		loop(func(int) { l.connect(ctx, ports, late) })
	}
	end = sync.OnceFunc(func() {
		cancel()
		all.Wait()
		AddReportEntry("load", fmt.Sprint(l.answered))
	})
	DeferCleanup(end)
	return l, end
}

func (l *load) write(ctx context.Context, what string, o client.Object, patch []byte) {
	if err := env.Client.Patch(ctx, o, client.RawPatch(types.MergePatchType, patch)); ctx.Err() == nil {
		l.count(what, err)
	}
}

// connect connects to each replica with the authorities in the webhook configuration some time ago.
func (l *load) connect(ctx context.Context, ports []int, late time.Duration) {
	var webhooks admissionregistrationv1.ValidatingWebhookConfiguration
	if err := env.Client.Get(ctx, client.ObjectKey{Name: validating}, &webhooks); err != nil {
		return
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(webhooks.Webhooks[0].ClientConfig.CABundle)
	select {
	case <-time.After(late):
	case <-ctx.Done():
		return
	}
	for _, port := range ports {
		dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: env.WebhookHost, MinVersion: tls.VersionTLS12}}
		c, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(env.WebhookHost, strconv.Itoa(port)))
		if err == nil {
			_ = c.Close()
		}
		if ctx.Err() == nil {
			l.count("connections", err)
		}
	}
}

// shown returns the certificate that a replica shows.
func shown(ctx context.Context, port int) func() []byte {
	return func() []byte {
		dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // which one it is, trusted or not
		c, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(env.WebhookHost, strconv.Itoa(port)))
		if err != nil {
			return nil
		}
		defer func() { _ = c.Close() }()
		return bytes.Clone(c.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw) //nolint:forcetypeassert // a tls.Dialer's
	}
}
