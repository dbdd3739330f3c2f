// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pause

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var pausedOrganizations = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "usher_organization_paused",
	Help: "1 for each organization that is paused: Usher writes and sends nothing there.",
}, []string{"organization"})

func init() { metrics.Registry.MustRegister(pausedOrganizations) }
