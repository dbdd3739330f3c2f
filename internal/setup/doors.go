// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"net/http"
	"sync"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

const (
	// DefaultDrainDelay is long enough for API servers to use once more the connections that they use at all.
	DefaultDrainDelay = 3 * time.Second
	// doorsTimeout limits how long requests in progress may keep the operator from stopping.
	doorsTimeout = 15 * time.Second
)

// doors are the servers that others connect to: webhooks, portal, intake. They close before the operator stops.
//
// An API server keeps its connections to the webhooks open and sends the next request over one of them. If the server closes such a
// connection at that moment, the request is lost, and with it, because webhooks fail closed, somebody's change. A server that is about
// to stop therefore goes on answering for a while, and asks each client to close its connection itself. What becomes of connections that
// are not used meanwhile is up to the server: see package keepalive for that of the webhooks.
type doors struct {
	delay   time.Duration
	leaving chan struct{}
	closed  context.Context
	close   context.CancelFunc

	mu   sync.Mutex
	open []<-chan struct{}
}

func newDoors(delay time.Duration) *doors {
	d := &doors{delay: delay, leaving: make(chan struct{})}
	d.closed, d.close = context.WithCancel(context.Background())
	return d
}

// farewell returns a handler that asks clients to close their connections once the operator is about to stop.
func (d *doors) farewell(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-d.leaving:
			w.Header().Set("Connection", "close")
		default:
		}
		next.ServeHTTP(w, r)
	})
}

// run runs a server until ctx ends or the doors close.
func (d *doors) run(ctx context.Context, server manager.Runnable) error {
	ended := make(chan struct{})
	defer close(ended)
	if !d.enter(ended) {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.closed, cancel)()
	return server.Start(ctx)
}

// enter notes a server that runs until ended is closed, or reports that the doors are closed.
func (d *doors) enter(ended <-chan struct{}) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed.Err() != nil {
		return false
	}
	d.open = append(d.open, ended)
	return true
}

// drain takes leave of the clients, closes the doors and waits for the requests in progress.
func (d *doors) drain() {
	close(d.leaving)
	time.Sleep(d.delay)
	d.mu.Lock()
	d.close()
	open := d.open
	d.mu.Unlock()
	timeout := time.After(doorsTimeout)
	for _, ended := range open {
		select {
		case <-ended:
		case <-timeout:
			return
		}
	}
}

// door is a server behind the doors.
type door struct {
	doors  *doors
	server manager.Runnable
}

// Start runs the server until ctx ends or the doors close.
func (d door) Start(ctx context.Context) error { return d.doors.run(ctx, d.server) }

// NeedLeaderElection is false: every replica serves.
func (door) NeedLeaderElection() bool { return false }

// drainedManager closes the doors before it stops. Meanwhile the leader goes on reconciling. After that, nothing keeps it from handing
// over the lease at once.
type drainedManager struct {
	ctrl.Manager
	doors *doors
}

// Start runs the manager until ctx ends and the doors are closed.
func (m drainedManager) Start(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() {
		m.doors.drain()
		stop()
	})()
	return m.Manager.Start(running)
}
