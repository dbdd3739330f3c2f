// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/usher-operator/usher/internal/keepalive"
)

const (
	// webhookIdle is for how long the webhooks' server keeps a connection that is not used, or was never used. An API server keeps it
	// for 90 seconds and then closes it. The server must not be the first: it could do so while the next request is on its way.
	webhookIdle = 2 * time.Minute
	// webhookPatience limits how long the webhooks' server waits at its end for clients to close their connections. An API server does so
	// as soon as it is told, or has its answer, which it awaits for 10 seconds at most.
	webhookPatience = 12 * time.Second
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
	mux := http.NewServeMux()
	server := &patientServer{
		Server:  webhook.NewServer(webhook.Options{WebhookMux: mux}),
		mux:     mux,
		address: net.JoinHostPort(o.WebhookHost, strconv.Itoa(o.WebhookPort)),
		tls:     webhookTLS(clients, certificate),
		log:     ctrl.Log.WithName("webhooks"),
	}
	return gatedServer{Server: guardedServer{server, clients}, gate: certificate.ready, doors: d}, nil
}

// webhookTLS returns the configuration of the webhooks' server. API servers speak HTTP/1.1 to a Service's webhooks in any case, so that
// their requests are spread over the replicas. Others are not offered more: one protocol has one way of taking leave.
func webhookTLS(clients webhookClients, certificate *servingCertificate) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	clients.configure(config)
	certificate.configure(config)
	return config
}

// patientServer is a webhook server that ends without losing a request, which that of controller-runtime may. It has the handlers of that
// one.
type patientServer struct {
	webhook.Server
	mux       *http.ServeMux
	address   string
	tls       *tls.Config
	log       logr.Logger
	listening atomic.Bool
}

// Start serves until ctx ends and all clients have left.
func (s *patientServer) Start(ctx context.Context) error {
	listener, err := tls.Listen("tcp", s.address, s.tls)
	if err != nil {
		return fmt.Errorf("the webhooks cannot listen: %w", err)
	}
	s.listening.Store(true)
	defer s.listening.Store(false)
	s.log.Info("Webhooks are listening", "address", listener.Addr().String())
	// A request in progress may still read from the API server.
	lasting := context.WithoutCancel(ctx)
	err = keepalive.Serve(ctx, &http.Server{
		Handler:           s.mux,
		BaseContext:       func(net.Listener) context.Context { return lasting },
		MaxHeaderBytes:    1 << 20,
		ReadHeaderTimeout: webhookIdle,
		IdleTimeout:       webhookIdle,
	}, listener, webhookPatience)
	if ctx.Err() == nil {
		return fmt.Errorf("the webhooks stopped listening: %w", err)
	}
	if err != nil {
		s.log.Info("The webhooks' server did not end cleanly", "reason", err.Error())
	}
	return nil
}

// StartedChecker returns a check that succeeds while the server listens.
func (s *patientServer) StartedChecker() healthz.Checker {
	return func(*http.Request) error {
		if !s.listening.Load() {
			return errors.New("the webhooks are not listening")
		}
		return nil
	}
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
