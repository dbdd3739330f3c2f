// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/usher-operator/usher/internal/question"
)

// Values of the label outcome. That of a limit is "limited_" and the limit's name.
const (
	outcomeAsked        = "asked"
	outcomeConfirmed    = "confirmed"
	outcomePassedOn     = "passed_on"
	outcomeQueueRefused = "queue_refused"
	outcomeUnconfirmed  = "unconfirmed"
	outcomeDisplaced    = "displaced"
	outcomeDropped      = "dropped"
)

var (
	outcomes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "usher_questions_total",
		Help: "Customers' questions by outcome. A question is first asked, then confirmed, then passed_on, and counts each time.",
	}, []string{"outcome"})
	keptNow = prometheus.NewDesc("usher_questions", "Customers' questions that are kept, by state.", []string{"state"}, nil)
	oldest  = prometheus.NewDesc("usher_question_oldest_age_seconds",
		"How long the oldest question in a state has waited for its asker's confirmation, or since then for the queue. Zero: none waits.",
		[]string{"state"}, nil)

	states = []question.State{question.Waiting, question.Received, question.Failed, question.Passed}
	limits = []question.Limit{question.LimitAddress, question.LimitDay, question.LimitNetwork, question.LimitWorkspace}

	// measured is the store that the gauges read. Outside of tests there is one in a process.
	measured atomic.Pointer[Store]
)

func init() {
	for _, outcome := range []string{
		outcomeAsked, outcomeConfirmed, outcomePassedOn, outcomeQueueRefused, outcomeUnconfirmed, outcomeDisplaced, outcomeDropped,
	} {
		outcomes.WithLabelValues(outcome) // zero from the start, so that the first event shows in a rate
	}
	for _, limit := range limits {
		outcomes.WithLabelValues(limited(limit))
	}
	metrics.Registry.MustRegister(outcomes, gauges{})
}

func limited(limit question.Limit) string { return "limited_" + strings.ToLower(string(limit)) }

// CountLimited counts a question that was rejected because of a limit that the store does not enforce itself.
func CountLimited(limit question.Limit) { outcomes.WithLabelValues(limited(limit)).Inc() }

// Measure makes the gauges read this store.
func (s *Store) Measure() { measured.Store(s) }

// countTransition counts a question that has changed its state.
func countTransition(before, after question.State) {
	if before == after {
		return
	}
	switch after {
	case question.Received:
		if before == question.Waiting {
			outcomes.WithLabelValues(outcomeConfirmed).Inc()
		}
	case question.Passed:
		outcomes.WithLabelValues(outcomePassedOn).Inc()
	case question.Failed:
		outcomes.WithLabelValues(outcomeQueueRefused).Inc()
	}
}

// countEnd counts a question that is deleted before it was passed on.
func countEnd(state question.State) {
	switch state {
	case question.Waiting:
		outcomes.WithLabelValues(outcomeUnconfirmed).Inc()
	case question.Received, question.Failed:
		outcomes.WithLabelValues(outcomeDropped).Inc()
	}
}

// gauges are read from the cache when they are collected.
type gauges struct{}

// Describe implements prometheus.Collector.
func (gauges) Describe(to chan<- *prometheus.Desc) {
	to <- keptNow
	to <- oldest
}

// collectTimeout bounds the wait for a cache that is not filled yet.
const collectTimeout = time.Second

// Collect implements prometheus.Collector. If the cache cannot be read it collects nothing, rather than wrong zeros.
func (gauges) Collect(to chan<- prometheus.Metric) {
	s := measured.Load()
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	for _, state := range states {
		secrets, err := s.list(ctx, inState(state))
		if err != nil {
			return
		}
		to <- prometheus.MustNewConstMetric(keptNow, prometheus.GaugeValue, float64(len(secrets)), string(state))
		if state == question.Passed {
			continue
		}
		age := time.Duration(0)
		for n := range secrets {
			if kept, err := Read(&secrets[n]); err == nil { // it is indexed, so it can be read
				age = max(age, s.Now().Sub(kept.since()))
			}
		}
		to <- prometheus.MustNewConstMetric(oldest, prometheus.GaugeValue, age.Seconds(), string(state))
	}
}

// since returns the time since when a question has been waiting in its state.
func (k *Kept) since() time.Time {
	if k.State == question.Waiting {
		return k.Asked
	}
	return k.Confirmed
}
