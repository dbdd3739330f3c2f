// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	mailsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "usher_intake_mails_total",
		Help: "Mails received by the intake, by outcome: one per recipient and attempt of the mail server in front.",
	}, []string{"outcome"})
	accountsTotal = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "usher_intake_accounts_total", Help: "Limited accounts created for senders of mails.",
	})
	skippedTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "usher_intake_accounts_skipped_total",
		Help: "Senders of mails that were passed on who got no account, by reason: limited or failed.",
	}, []string{"reason"})
	connectionsNow = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "usher_intake_connections", Help: "LMTP clients that are connected now.",
	})
)

// outcomeOther is the outcome of the few replies that are not in outcomes.
const outcomeOther = "deferred"

// outcomes are the outcomes by the enhanced code of the reply.
var outcomes = map[string]string{
	passedOn.enhanced:         "passed_on",
	unknownRecipient.enhanced: "unknown_recipient",
	tooLarge.enhanced:         "too_large",
	noHeader.enhanced:         "malformed",
	loop.enhanced:             "loop",
	queueLoops.enhanced:       "loop",
	queueRefused.enhanced:     "queue_refused",
	queueCannot.enhanced:      "queue_refused",
	queueUnavailable.enhanced: "queue_unavailable",
	senderLimit.enhanced:      "limited",
}

func init() {
	mailsTotal.WithLabelValues(outcomeOther) // starts at zero, so that a rate shows the first one
	for _, outcome := range outcomes {
		mailsTotal.WithLabelValues(outcome)
	}
	for _, reason := range []string{skippedLimited, skippedFailed} {
		skippedTotal.WithLabelValues(reason)
	}
	metrics.Registry.MustRegister(mailsTotal, accountsTotal, skippedTotal, connectionsNow)
}

// Why a sender got no account.
const (
	skippedLimited = "limited"
	skippedFailed  = "failed"
)

func countSkipped(reason string) { skippedTotal.WithLabelValues(reason).Inc() }

// count counts a reply about a mail to a recipient.
func count(r reply) {
	outcome, known := outcomes[r.enhanced]
	if !known {
		outcome = outcomeOther
	}
	mailsTotal.WithLabelValues(outcome).Inc()
}
