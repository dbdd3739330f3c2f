// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/mail/refusal"
)

var refusalsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "usher_mail_server_refusals_total",
	Help: "Attempts to send a mail that the mail server refused or did not answer, by what it refused.",
}, []string{"scope"})

var heldTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "usher_messages_held_total",
	Help: "How often messages were made to wait because a budget of their organization or destination was used up, by stream.",
}, []string{"stream"})

func init() {
	for _, stream := range budget.Streams() {
		heldTotal.WithLabelValues(string(stream))
	}
	for _, scope := range refusal.Scopes() {
		refusalsTotal.WithLabelValues(string(scope)) // starts at zero, so that a rate shows the first one
	}
	metrics.Registry.MustRegister(refusalsTotal, heldTotal)
}

// CountRefusal counts an attempt that the mail server refused.
func CountRefusal(scope refusal.Scope) { refusalsTotal.WithLabelValues(string(scope)).Inc() }
