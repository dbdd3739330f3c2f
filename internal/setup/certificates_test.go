// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// listener is a webhook server that only tells that it was started.
type listener struct{ webhook.Server }

var errStarted = errors.New("started")

// Start implements webhook.Server.
func (listener) Start(context.Context) error { return errStarted }

var _ = Describe("The webhooks' certificate", func() {
	key := types.NamespacedName{Namespace: "usher-system", Name: certificateSecret}

	project := func(ctx context.Context, dir string, name types.NamespacedName, data map[string][]byte) {
		GinkgoHelper()
		secret := &corev1.Secret{Data: data}
		secret.Namespace, secret.Name = name.Namespace, name.Name
		p := &projector{client: fake.NewClientBuilder().WithObjects(secret).Build(), key: key, dir: dir}
		_, err := p.Reconcile(ctx, reconcile.Request{NamespacedName: name})
		Expect(err).NotTo(HaveOccurred())
	}

	complete := map[string][]byte{"tls.crt": []byte("one"), "tls.key": []byte("two"), "ca.crt": []byte("three")}

	It("is written for the server to read, for nobody else, and again when it changes", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		project(ctx, dir, key, complete)
		project(ctx, dir, key, map[string][]byte{"tls.crt": []byte("1"), "tls.key": []byte("2"), "ca.crt": []byte("3")})
		for name, content := range map[string]string{"tls.crt": "1", "tls.key": "2", "ca.crt": "3"} {
			Expect(os.ReadFile(filepath.Join(dir, name))).To(BeEquivalentTo(content))
			info, err := os.Stat(filepath.Join(dir, name))
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode().Perm()).To(BeEquivalentTo(0o600))
		}
		Expect(os.ReadDir(dir)).To(HaveLen(3), "nothing half written is left")
	})

	It("is not written before it is whole, nor from another Secret", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		project(ctx, dir, key, map[string][]byte{"tls.crt": []byte("1"), "ca.crt": []byte("3")})
		project(ctx, dir, types.NamespacedName{Namespace: "usher-system", Name: "other"}, complete)
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})

	It("is no fault when its Secret is not there", func(ctx SpecContext) {
		p := &projector{client: fake.NewClientBuilder().Build(), key: key, dir: GinkgoT().TempDir()}
		Expect(p.Reconcile(ctx, reconcile.Request{NamespacedName: key})).To(BeZero())
	})

	It("is waited for before the server listens", func(ctx SpecContext) {
		gate := make(chan struct{})
		server := gatedServer{Server: listener{}, gate: gate}
		told, stop := context.WithCancel(ctx)
		stop()
		Expect(server.Start(told)).To(Succeed(), "told to stop, it never listened")
		close(gate)
		Expect(server.Start(ctx)).To(MatchError(errStarted))
	})
})
