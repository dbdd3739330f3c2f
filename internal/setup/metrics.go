// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"crypto/tls"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// addMetrics adds the server of metrics, unless it is turned off. It is not the manager's own, which ends the operator if it cannot
// listen.
func addMetrics(mgr ctrl.Manager, o *Options, certificate *servingCertificate) error {
	server, err := metricsserver.NewServer(metricsOptions(o, certificate), mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("cannot set up the server of metrics: %w", err)
	}
	if server == nil {
		return nil
	}
	return mgr.Add(optionalServer{features: o.features, name: featureMetrics, server: server, retry: serverRetry})
}

func metricsOptions(o *Options, certificate *servingCertificate) metricsserver.Options {
	options := metricsserver.Options{BindAddress: o.MetricsAddress, SecureServing: o.MetricsSecure}
	if o.MetricsSecure {
		options.FilterProvider = filters.WithAuthenticationAndAuthorization
		options.TLSOpts = []func(*tls.Config){certificate.configure}
	}
	return options
}
