// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pause

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// No label names them: the log does.
var pausedOrganizations = prometheus.NewGauge(prometheus.GaugeOpts{
	Name: "usher_paused_organizations",
	Help: "Organizations that are paused: Usher writes and sends nothing there. The log names them.",
})

func init() { metrics.Registry.MustRegister(pausedOrganizations) }
