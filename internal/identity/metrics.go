// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var calls = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "usher_identity_provider_calls_total",
	Help: "Calls of the identity provider that keeps people's accounts, by operation and outcome: ok or error.",
}, []string{"operation", "outcome"})

func init() {
	for _, operation := range []string{"create", "setPassword", "find", "delete", "revokeSessions", "version"} {
		for _, outcome := range []string{"ok", "error"} {
			calls.WithLabelValues(operation, outcome) // starts at zero, so that an alert has something to look at
		}
	}
	metrics.Registry.MustRegister(calls)
}

func count(operation string, err error) {
	outcome := "ok"
	if err != nil && !errors.Is(err, ErrExists) && !errors.Is(err, ErrNotFound) {
		outcome = "error"
	}
	calls.WithLabelValues(operation, outcome).Inc()
}
