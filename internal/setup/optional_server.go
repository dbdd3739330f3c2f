// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// optionalServer runs a server without which admission goes on. If it cannot listen, the operator does not end: the server is started
// again after a while, because whatever has its address may be gone by then.
type optionalServer struct {
	features *features
	name     feature
	server   manager.Runnable
	// ready returns nil while the server listens; nil: nobody can tell.
	ready healthz.Checker
	// retry is how long to wait before the server is started again.
	retry time.Duration
}

// serverRetry is how soon a server that could not listen is started again.
const serverRetry = 5 * time.Second

// Start runs the server until ctx ends.
func (s optionalServer) Start(ctx context.Context) error {
	for {
		err := s.run(ctx)
		if ctx.Err() != nil {
			return err
		}
		if err == nil {
			err = errors.New("the server ended")
		}
		s.features.report(s.name, err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.retry):
		}
	}
}

// run runs the server once, and reports when it listens again.
func (s optionalServer) run(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- s.server.Start(ctx) }()
	ticker := time.NewTicker(s.retry / 2)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-ticker.C:
			if s.ready == nil || s.ready(nil) == nil {
				s.features.report(s.name, nil)
			}
		}
	}
}

// NeedLeaderElection is false: every replica serves.
func (optionalServer) NeedLeaderElection() bool { return false }

// check is the server's health check. A replica whose server could not listen is ready all the same, for admission.
func (s optionalServer) check(r *http.Request) error {
	if s.features.isDegraded(s.name) {
		return nil
	}
	return s.ready(r)
}
