// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/operator"
)

// balancer listens where the API server calls the webhooks and forwards each review to a random replica. Balancing
// connections would not be enough, because the API server sends all reviews over one connection. It is safe for concurrent
// use.
type balancer struct {
	ports []int

	mu      sync.Mutex
	asked   map[string]int
	refused map[string]int
}

// startBalancer starts a balancer that stops and reports its counts after the specs.
func startBalancer(ctx context.Context, ports []int) {
	GinkgoHelper()
	certificate, authorities := webhookCertificate(ctx)
	b := &balancer{ports: ports, asked: map[string]int{}, refused: map[string]int{}}
	quiet := log.New(io.Discard, "", 0) // the API server may close connections at any time
	proxy := &httputil.ReverseProxy{
		Rewrite: b.choose,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true,
		},
		ModifyResponse: b.count,
		ErrorLog:       quiet,
	}
	listener, err := tls.Listen("tcp", net.JoinHostPort(env.WebhookHost, strconv.Itoa(env.WebhookPort)), &tls.Config{
		Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	Expect(err).NotTo(HaveOccurred())
	server := &http.Server{Handler: proxy, ErrorLog: quiet} // its only client is the API server
	go func() { _ = server.Serve(listener) }()              // until it is closed
	DeferCleanup(func() {
		AddReportEntry("webhooks", b.String())
		Expect(server.Close()).To(Succeed())
	})
}

// webhookCertificate returns the certificate that the replicas share, and its CA.
func webhookCertificate(ctx context.Context) (tls.Certificate, *x509.CertPool) {
	GinkgoHelper()
	var secret corev1.Secret
	key := client.ObjectKey{Namespace: operator.Namespace, Name: "usher-webhook-certificate"}
	Expect(env.Client.Get(ctx, key, &secret)).To(Succeed())
	certificate, err := tls.X509KeyPair(secret.Data["tls.crt"], secret.Data["tls.key"])
	Expect(err).NotTo(HaveOccurred())
	authorities := x509.NewCertPool()
	Expect(authorities.AppendCertsFromPEM(secret.Data["ca.crt"])).To(BeTrue())
	return certificate, authorities
}

func (b *balancer) choose(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme = "https"
	r.Out.URL.Host = net.JoinHostPort(env.WebhookHost, strconv.Itoa(b.ports[rand.IntN(len(b.ports))]))
}

// count counts the answers of each replica.
func (b *balancer) count(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &review); err != nil || review.Response == nil {
		return fmt.Errorf("a replica did not answer with a review: %s", body)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	replica := r.Request.URL.Port()
	b.asked[replica]++
	if !review.Response.Allowed {
		b.refused[replica]++
	}
	return nil
}

// String says how many reviews each replica has answered.
func (b *balancer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for n, port := range b.ports {
		key := strconv.Itoa(port)
		lines = append(lines, fmt.Sprintf("replica %d answered %d reviews and refused %d of them", n+1, b.asked[key], b.refused[key]))
	}
	return strings.Join(lines, "; ")
}
