// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// muxServer is a webhook server of which only the registered handlers matter.
type muxServer struct {
	webhook.Server
	mux *http.ServeMux
}

// Register implements webhook.Server.
func (s muxServer) Register(path string, handler http.Handler) { s.mux.Handle(path, handler) }

// issue returns a certificate; issuer nil: one that signs itself, as an authority.
func issue(issuer *tls.Certificate) tls.Certificate {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kube-apiserver"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: issuer == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent, signer := template, any(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	Expect(err).NotTo(HaveOccurred())
	leaf, err := x509.ParseCertificate(der)
	Expect(err).NotTo(HaveOccurred())
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

var _ = Describe("The webhooks' port", func() {
	const validating, mutating, audit = "/validate-accounts-usher-dev-v1alpha1-orguser", "/mutate-accounts-usher-dev-v1alpha1-invitation", "/audit"

	// ask returns the status of a request to a server of these clients, with a certificate if there is one.
	ask := func(clients webhookClients, path string, certificates ...tls.Certificate) (int, error) {
		mux := http.NewServeMux()
		guarded := guardedServer{muxServer{mux: mux}, clients}
		for _, p := range []string{validating, mutating, audit} {
			guarded.Register(p, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		}
		server := httptest.NewUnstartedServer(mux)
		server.TLS = &tls.Config{}
		clients.configure(server.TLS)
		server.StartTLS()
		defer server.Close()
		transport, ok := server.Client().Transport.(*http.Transport)
		Expect(ok).To(BeTrue())
		transport.TLSClientConfig.Certificates = certificates
		response, err := server.Client().Post(server.URL+path, "application/json", nil)
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}

	It("answers only the API server in anybody's name, if its authority is known", func() {
		authority := issue(nil)
		file := filepath.Join(GinkgoT().TempDir(), "ca.crt")
		Expect(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate[0]}), 0o600)).To(Succeed())
		clients, err := newWebhookClients(file)
		Expect(err).NotTo(HaveOccurred())
		for _, path := range []string{validating, mutating} {
			Expect(ask(clients, path)).To(Equal(http.StatusForbidden), "a pod without a certificate")
			_, err := ask(clients, path, issue(new(issue(nil))))
			Expect(err).To(MatchError(ContainSubstring("tls: ")), "a certificate of another authority")
			Expect(ask(clients, path, issue(&authority))).To(Equal(http.StatusOK))
		}
		Expect(ask(clients, audit)).To(Equal(http.StatusOK), "which has tokens")
	})

	It("answers everybody if no authority is set", func() {
		clients, err := newWebhookClients("")
		Expect(err).NotTo(HaveOccurred())
		Expect(ask(clients, validating)).To(Equal(http.StatusOK))
	})

	It("does not open with a file of authorities that cannot be used", func() {
		_, err := newWebhookClients("nowhere")
		Expect(err).To(MatchError(HavePrefix("--webhook-client-ca-file: cannot read the authorities of the API servers: ")))
		file := filepath.Join(GinkgoT().TempDir(), "ca.crt")
		Expect(os.WriteFile(file, []byte("no certificate"), 0o600)).To(Succeed())
		_, err = newWebhookClients(file)
		Expect(err).To(MatchError("--webhook-client-ca-file: " + file + " contains no certificate in PEM form"))
	})
})
