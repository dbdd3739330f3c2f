// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package opener

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "usher_directory_requests_total",
		Help: "Requests of directories (SCIM), by method and status.",
	}, []string{"method", "code"})

	duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "usher_directory_request_duration_seconds",
		Help:    "How long directories (SCIM) waited for answers, by method.",
		Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
	}, []string{"method"})
)

func init() { metrics.Registry.MustRegister(requests, duration) }

// methods are those that are counted by their names. Strangers add no others.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Observe counts a request of a directory that was answered.
func Observe(method string, code int, took time.Duration) {
	if !slices.Contains(methods, method) {
		method = "other"
	}
	requests.WithLabelValues(method, strconv.Itoa(code)).Inc()
	duration.WithLabelValues(method).Observe(took.Seconds())
}
