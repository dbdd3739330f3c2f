// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/load"
)

// read returns a function that reads an object.
func read[T client.Object](ctx context.Context, o T) func(Gomega) T {
	return func(g Gomega) T {
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		return o
	}
}

// underLoad writes to an organization through the webhooks of all replicas, and connects to each replica as an API server does that
// knows the webhook configurations of a moment ago, until the spec ends or the function that it returns is called.
func underLoad(ctx context.Context, org string, ports []int) (run *load.Run, end func() load.Result) {
	ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}
	support := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "support"}}
	run = load.Begin(context.WithoutCancel(ctx),
		load.Writes("users", rename(ana)),
		load.Writes("workspaces", rename(support)),
		load.Writes("connections", connect(ports, 0)),
		load.Writes("connections", connect(ports, testPropagation/2)))
	end = sync.OnceValue(func() load.Result {
		result := run.Stop()
		AddReportEntry("load", fmt.Sprintf("%d requests, %d failed", result.Count(), result.Failed().Count()))
		return result
	})
	DeferCleanup(func() { end() })
	return run, end
}

// rename returns a write that changes the displayed name of an object.
func rename(o client.Object) func(context.Context) error {
	var n atomic.Int64
	return func(ctx context.Context) error {
		patch := fmt.Appendf(nil, `{"spec":{"displayName":"Number %d"}}`, n.Add(1))
		named := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		return env.Client.Patch(ctx, named, client.RawPatch(types.MergePatchType, patch))
	}
}

// connect returns a function that connects to each replica with the authorities that were in the webhook configuration some time before.
func connect(ports []int, late time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		var webhooks admissionregistrationv1.ValidatingWebhookConfiguration
		if err := env.Client.Get(ctx, client.ObjectKey{Name: validating}, &webhooks); err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(webhooks.Webhooks[0].ClientConfig.CABundle)
		time.Sleep(late) // not a wait for something: this is how old the authorities are
		var failed []error
		for _, port := range ports {
			dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: env.WebhookHost, MinVersion: tls.VersionTLS12}}
			c, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(env.WebhookHost, strconv.Itoa(port)))
			if err == nil {
				_ = c.Close()
			}
			failed = append(failed, err)
		}
		return errors.Join(failed...)
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
