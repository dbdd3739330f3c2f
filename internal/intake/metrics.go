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
		Help: "Mails that came to the intake, by what became of them: one for each recipient and each attempt of the mail server in front.",
	}, []string{"outcome"})
	accountsTotal = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "usher_intake_accounts_total", Help: "Limited accounts that were made for writers of mails.",
	})
	connectionsNow = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "usher_intake_connections", Help: "LMTP clients that are connected.",
	})
)

// outcomeOther is that of the few answers that are not in outcomes.
const outcomeOther = "deferred"

// outcomes tell what became of a mail by the enhanced code of its answer.
var outcomes = map[string]string{
	passedOn.enhanced:         "passed_on",
	unknownRecipient.enhanced: "unknown_recipient",
	tooBig.enhanced:           "too_large",
	noHeader.enhanced:         "malformed",
	loop.enhanced:             "loop",
	circular.enhanced:         "loop",
	queueRefuses.enhanced:     "queue_refused",
	queueCannot.enhanced:      "queue_refused",
	queueWaits.enhanced:       "queue_unavailable",
	senderLimit.enhanced:      "limited",
}

func init() {
	mailsTotal.WithLabelValues(outcomeOther) // zero from the start, so that the first one shows in a rate
	for _, outcome := range outcomes {
		mailsTotal.WithLabelValues(outcome)
	}
	metrics.Registry.MustRegister(mailsTotal, accountsTotal, connectionsNow)
}

// count counts what a recipient's mail came to.
func count(a answer) {
	outcome, known := outcomes[a.enhanced]
	if !known {
		outcome = outcomeOther
	}
	mailsTotal.WithLabelValues(outcome).Inc()
}
