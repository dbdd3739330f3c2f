// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package operator runs the complete operator for tests, as its ServiceAccount, against a real control plane and a real
// mail server.
package operator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/testing/testenv"
	"github.com/usher-operator/usher/internal/testing/timing"
)

const (
	// Namespace is the operator's namespace.
	Namespace = "usher-system"
	// QuestionsNamespace is where customers' questions are kept.
	QuestionsNamespace = "usher-system-questions"
)

const (
	readyTimeout = timing.Timeout
	stopTimeout  = 60 * time.Second
	pollInterval = 20 * time.Millisecond
)

// Operator is a running operator.
type Operator struct {
	// PortalURL is the URL of the portal.
	PortalURL string
	// HealthURL is the URL of the health endpoints, without /readyz.
	HealthURL string
	// IntakeAddr is the host:port of the mail intake (LMTP).
	IntakeAddr string
	// Portal is the part that faces the internet, if it runs apart from the controllers: its HealthURL is another one.
	Portal *Operator

	cancel context.CancelFunc
	done   chan error
}

// Options returns the configuration of an operator for tests. Callers may change it before they start the operator.
func Options(env *testenv.Env, box *mailbox.Mailbox) (setup.Options, error) {
	var portal, health, intake string
	for _, address := range []*string{&portal, &health, &intake} {
		var err error
		if *address, err = ports.Address(); err != nil {
			return setup.Options{}, err
		}
	}
	return setup.Options{
		Namespace:               Namespace,
		LeaderElection:          true,
		HealthAddress:           health,
		MetricsAddress:          "0",
		PortalAddress:           portal,
		PortalURL:               "http://" + portal,
		PortalRequestsPerSecond: -1,
		PortalQuestionsPerHour:  -1,
		Directories:             true,
		WebhookHost:             env.WebhookHost,
		WebhookPort:             env.WebhookPort,
		WebhookDNSNames:         []string{env.WebhookHost},
		Mail:                    mail.Options{Address: box.Addr(), TLS: mail.TLSNone, From: "usher@usher.example"},
		SettleDelay:             setup.DefaultSettleDelay,
		IntakeAddress:           intake,
		MailTemplates:           setup.DefaultMailTemplates,
		QueueDomains:            []string{"*.example"},
		IdentityPrefixes:        []string{"oidc:"},
		NamespaceLabels:         []string{"team", "pod-security.kubernetes.io/*"},
		QuestionsNamespace:      QuestionsNamespace,
		SkipNameValidation:      true,
	}, nil
}

// Start runs the operator in this process and returns when it is ready: the controllers and the portal apart, as in an installation, each
// with the rights of its own ServiceAccount.
func Start(ctx context.Context, env *testenv.Env, options setup.Options) (*Operator, error) {
	controllers, portal := options, options
	controllers.Components = []setup.Component{setup.ComponentControllers}
	portal.Components = []setup.Component{setup.ComponentPortal}
	var err error
	if portal.HealthAddress, err = ports.Address(); err != nil {
		return nil, err
	}
	portal.MetricsAddress = "0" // both have the metrics of the process that they share
	o, err := StartWith(ctx, env.OperatorConfig(), controllers)
	if err != nil {
		return nil, err
	}
	if o.Portal, err = StartWith(ctx, env.PortalConfig(), portal); err != nil {
		return nil, errors.Join(fmt.Errorf("the portal: %w", err), o.Stop())
	}
	return o, nil
}

// StartWith runs the operator in this process with the caller's own client configuration, for example one that counts requests, and
// all components in one unless the options name some.
func StartWith(ctx context.Context, cfg *rest.Config, options setup.Options) (*Operator, error) {
	cfg, err := withLag(cfg)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	mgr, err := setup.NewManager(running, cfg, options)
	if err != nil {
		cancel()
		return nil, err
	}
	o := &Operator{
		PortalURL: options.PortalURL,
		HealthURL: "http://" + options.HealthAddress, IntakeAddr: options.IntakeAddress,
		cancel: cancel,
		done:   make(chan error, 1),
	}
	go func() { o.done <- mgr.Start(running) }()
	if err := o.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, o.Stop())
	}
	return o, nil
}

// awaitReady waits until the operator is ready. It fails if the operator ends first.
func (o *Operator) awaitReady(ctx context.Context) error {
	last := "nothing answered"
	err := wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		select {
		case err := <-o.done:
			o.done <- nil
			return false, fmt.Errorf("the operator ended: %w", err)
		default:
		}
		status, err := get(ctx, o.HealthURL+"/readyz")
		if err != nil {
			last = err.Error()
			return false, nil // it does not answer yet
		}
		last = "status " + strconv.Itoa(status)
		return status == http.StatusOK, nil
	})
	if err != nil {
		return fmt.Errorf("the operator is not ready (%s): %w", last, err)
	}
	return nil
}

func get(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// Stop stops the operator and waits until it has ended.
func (o *Operator) Stop() error {
	if o.Portal != nil {
		return errors.Join(o.Portal.stop(), o.stop())
	}
	return o.stop()
}

func (o *Operator) stop() error {
	o.cancel()
	select {
	case err := <-o.done:
		o.done <- nil // Stop may be called again
		return err
	case <-time.After(stopTimeout):
		return errors.New("the operator did not stop")
	}
}
