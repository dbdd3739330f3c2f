// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"crypto/tls"
	"net/http"

	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// webhookServer returns the server of the webhooks, which listens once its certificate is in place; nil: this process has no webhooks.
func webhookServer(o *Options, certificate *servingCertificate, d *doors) (webhook.Server, error) {
	if !o.runs(ComponentControllers) {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	clients, err := newWebhookClients(o.WebhookClientCAFile)
	if err != nil {
		return nil, err
	}
	server := webhook.NewServer(webhook.Options{
		Host: o.WebhookHost, Port: o.WebhookPort, TLSOpts: []func(*tls.Config){clients.configure, certificate.configure},
	})
	return gatedServer{Server: guardedServer{server, clients}, gate: certificate.ready, doors: d}, nil
}

// gatedServer is a webhook server that does not listen before its certificate, which the same manager creates, is in place, and that
// stops when the doors close.
type gatedServer struct {
	webhook.Server
	gate  <-chan struct{}
	doors *doors
}

// Register registers a handler at a path.
func (s gatedServer) Register(path string, handler http.Handler) {
	s.Server.Register(path, s.doors.farewell(handler))
}

// Start waits for the gate, then serves.
func (s gatedServer) Start(ctx context.Context) error {
	select {
	case <-s.gate:
		return s.doors.run(ctx, s.Server)
	case <-ctx.Done():
		return nil
	}
}
