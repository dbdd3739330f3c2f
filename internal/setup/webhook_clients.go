// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// webhookClients are the authorities that issue the certificates of the API servers; nil: anybody may call the webhooks.
//
// The webhooks believe what a request says about who acts. Without this, every pod that reaches the port can ask in anybody's name, and
// learn from the answers who has which role.
type webhookClients struct{ authorities *x509.CertPool }

// newWebhookClients reads the authorities from a file. Without a file there are none.
func newWebhookClients(file string) (webhookClients, error) {
	if file == "" {
		return webhookClients{}, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return webhookClients{}, fmt.Errorf("--webhook-client-ca-file: cannot read the authorities of the API servers: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return webhookClients{}, fmt.Errorf("--webhook-client-ca-file: %s contains no certificate in PEM form", file)
	}
	return webhookClients{pool}, nil
}

// configure sets the TLS configuration of the webhooks' server. It demands no certificate at once, because senders of audit events, on
// the same port, have a token instead.
func (c webhookClients) configure(config *tls.Config) {
	config.MinVersion = tls.VersionTLS12
	if c.authorities != nil {
		config.ClientCAs, config.ClientAuth = c.authorities, tls.VerifyClientCertIfGiven
	}
}

// guard returns a handler that answers only clients with a certificate of the authorities, at the paths of webhooks.
func (c webhookClients) guard(path string, next http.Handler) http.Handler {
	if c.authorities == nil || !strings.HasPrefix(path, "/validate-") && !strings.HasPrefix(path, "/mutate-") {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			http.Error(w, "the webhooks answer only clients with a certificate that --webhook-client-ca-file verifies: set one for this "+
				"host in the API server's --admission-control-config-file", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guardedServer is a webhook server that answers these clients only.
type guardedServer struct {
	webhook.Server
	clients webhookClients
}

// Register registers a handler at a path.
func (s guardedServer) Register(path string, handler http.Handler) {
	s.Server.Register(path, s.clients.guard(path, handler))
}
