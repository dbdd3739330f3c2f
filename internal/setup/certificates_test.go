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
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// listener is a webhook server that only records that it was started.
type listener struct{ webhook.Server }

var errStarted = errors.New("started")

// Start implements webhook.Server.
func (listener) Start(context.Context) error { return errStarted }

var _ = Describe("The webhooks' certificate", func() {
	write := func(dir string, data map[string][]byte) {
		GinkgoHelper()
		Expect(certificateDir(dir).use(&corev1.Secret{Data: data})).To(Succeed())
	}

	complete := map[string][]byte{"tls.crt": []byte("one"), "tls.key": []byte("two"), "ca.crt": []byte("three")}

	It("is written to files that only the server can read, and rewritten when it changes", func() {
		dir := GinkgoT().TempDir()
		write(dir, complete)
		write(dir, map[string][]byte{"tls.crt": []byte("1"), "tls.key": []byte("2"), "ca.crt": []byte("3")})
		for name, content := range map[string]string{"tls.crt": "1", "tls.key": "2", "ca.crt": "3"} {
			Expect(os.ReadFile(filepath.Join(dir, name))).To(BeEquivalentTo(content))
			info, err := os.Stat(filepath.Join(dir, name))
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode().Perm()).To(BeEquivalentTo(0o600))
		}
		Expect(os.ReadDir(dir)).To(HaveLen(3), "nothing half written is left")
	})

	It("is not written until it is complete", func() {
		dir := GinkgoT().TempDir()
		write(dir, map[string][]byte{"tls.crt": []byte("1"), "ca.crt": []byte("3")})
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})

	It("is in place before the server listens", func(ctx SpecContext) {
		gate := make(chan struct{})
		server := gatedServer{Server: listener{}, gate: gate}
		told, stop := context.WithCancel(ctx)
		stop()
		Expect(server.Start(told)).To(Succeed(), "told to stop, it never listened")
		close(gate)
		Expect(server.Start(ctx)).To(MatchError(errStarted))
	})
})
