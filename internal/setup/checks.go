// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"net/http"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// addChecks adds the checks of liveness and readiness. A replica is alive if it answers, and ready if it can serve those whom its
// components are for: admission requests, or people.
func addChecks(mgr ctrl.Manager, ready map[string]healthz.Checker) error {
	for name, check := range ready {
		if err := mgr.AddReadyzCheck(name, check); err != nil {
			return err
		}
	}
	return mgr.AddHealthzCheck("ping", healthz.Ping)
}

// cacheCheck returns the check of the cache: a replica with a cold cache would keep admission requests waiting.
func cacheCheck(mgr ctrl.Manager, fits func() error) healthz.Checker {
	return func(r *http.Request) error {
		if err := fits(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("the cache is not filled yet")
		}
		return nil
	}
}
