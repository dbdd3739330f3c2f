// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/usher-operator/usher/internal/testing/certificate"
)

// listener is a webhook server that only records that it was started.
type listener struct{ webhook.Server }

var errStarted = errors.New("started")

// Start implements webhook.Server.
func (listener) Start(context.Context) error { return errStarted }

var _ = Describe("The serving certificate", func() {
	It("is used as soon as it is complete, and again when it changes", func() {
		dir := GinkgoT().TempDir()
		serving := newServingCertificate(dir)
		config := &tls.Config{MinVersion: tls.VersionTLS12}
		serving.configure(config)
		first, second := certificateData(), certificateData()
		incomplete := map[string][]byte{"tls.crt": first["tls.crt"], "ca.crt": first["ca.crt"]}
		Expect(serving.use(&corev1.Secret{Data: incomplete})).To(Succeed())
		Expect(serving.ready).NotTo(BeClosed())
		_, err := config.GetCertificate(nil)
		Expect(err).To(MatchError("the certificate is not in place yet"))

		for _, data := range []map[string][]byte{first, second} {
			Expect(serving.use(&corev1.Secret{Data: data})).To(Succeed())
			Expect(serving.ready).To(BeClosed())
			used, err := config.GetCertificate(nil)
			Expect(err).NotTo(HaveOccurred())
			wanted, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
			Expect(err).NotTo(HaveOccurred())
			Expect(used.Certificate).To(Equal(wanted.Certificate))
		}

		Expect(os.ReadFile(filepath.Join(dir, "tls.crt"))).To(Equal(second["tls.crt"]))
		Expect(os.ReadDir(dir)).To(HaveLen(1), "the key is in memory only")

		By("breaking it, which leaves the last one in use")
		broken := map[string][]byte{"tls.crt": first["tls.crt"], "tls.key": second["tls.key"], "ca.crt": first["ca.crt"]}
		Expect(serving.use(&corev1.Secret{Data: broken})).To(MatchError(ContainSubstring("delete the Secret to have a new one created")))
		used, err := config.GetCertificate(nil)
		Expect(err).NotTo(HaveOccurred())
		wanted, err := tls.X509KeyPair(second["tls.crt"], second["tls.key"])
		Expect(err).NotTo(HaveOccurred())
		Expect(used.Certificate).To(Equal(wanted.Certificate))
	})

	It("is in place before the server listens", func(ctx SpecContext) {
		gate := make(chan struct{})
		server := gatedServer{Server: listener{}, gate: gate, doors: newDoors(0)}
		told, stop := context.WithCancel(ctx)
		stop()
		Expect(server.Start(told)).To(Succeed(), "told to stop, it never listened")
		close(gate)
		Expect(server.Start(ctx)).To(MatchError(errStarted))
	})
})

// certificateData returns the contents of a Secret with a new certificate.
func certificateData() map[string][]byte {
	GinkgoHelper()
	issued, err := certificate.Loopback(GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	read := func(file string) []byte {
		content, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		return content
	}
	return map[string][]byte{"tls.crt": read(issued.File), "tls.key": read(issued.KeyFile), "ca.crt": read(issued.File)}
}
