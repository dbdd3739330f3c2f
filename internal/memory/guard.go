// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

const (
	// fullAt is the part of the limit above which nothing may grow, and roomAt the part below which it may again. What is above is for
	// what was admitted and is not in the cache yet, for what comes past the webhooks, and for garbage: the closer to the limit, the more
	// often Go collects.
	fullAt, roomAt = 0.7, 0.65
	// stopAt is the part of the limit above which a cache is not filled any further, and goOnAt the part below which it is again. What is
	// freed in between is garbage, and no room. With nine tenths, the cache was filled, and the passes that a start brings were too much.
	stopAt, goOnAt = 0.8, 0.75
	// interval is how often the usage is measured.
	interval = 100 * time.Millisecond
	mib      = 1 << 20
)

var (
	neededBytes = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "usher_memory_needed_bytes",
		Help: "Memory of this replica that no garbage collection frees.",
	})
	limitBytes = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "usher_memory_limit_bytes",
		Help: "The most that Go may use in this replica, nine tenths of the container's limit; 0 without a limit. At 70 % of it, " +
			"growth is refused; a cache that needs more than 80 % of it is not filled.",
	})
)

func init() { metrics.Registry.MustRegister(neededBytes, limitBytes) }

// Guard knows whether there is room for more.
type Guard struct {
	measure func() Usage
	changed func(short error)

	mu      sync.Mutex
	usage   Usage
	full    bool
	filled  bool // the cache has been filled once
	stopped bool // it is not filled any further
	resumed *sync.Cond
}

// NewGuard returns a guard, which measures until ctx ends. Changed, unless it is nil, is called with what Fits or Full returns whenever
// that changes.
func NewGuard(ctx context.Context, measure func() Usage, changed func(short error)) *Guard {
	g := &Guard{measure: measure, changed: changed}
	g.resumed = sync.NewCond(&g.mu)
	g.sample()
	go g.run(ctx)
	return g
}

func (g *Guard) run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			g.Filled() // nobody waits for a process that ends
			return
		case <-ticker.C:
			g.sample()
		}
	}
}

func (g *Guard) sample() {
	usage := g.measure()
	neededBytes.Set(float64(usage.Needed))
	limitBytes.Set(float64(usage.Limit))
	g.mu.Lock()
	wasFull, wasStopped := g.full, g.stopped
	g.usage, g.full = usage, usage.atLeast(fullAt) || g.full && usage.atLeast(roomAt)
	g.stopped = !g.filled && (usage.atLeast(stopAt) || g.stopped && usage.atLeast(goOnAt))
	g.resumed.Broadcast()
	changed := g.full != wasFull || g.stopped != wasStopped
	g.mu.Unlock()
	if changed && g.changed != nil {
		g.changed(cmp.Or(g.Fits(), g.Full()))
	}
}

// Full returns why nothing may grow, or nil if there is room.
func (g *Guard) Full() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.full {
		return nil
	}
	return fmt.Errorf("the operator needs more than %.0f %% of its memory limit of %d MiB: nothing can be added until the platform "+
		"team sets a higher resources.limits.memory in the operator's Deployment", 100*roomAt, g.usage.Limit/mib)
}

// Admit waits while there is no room for another object in a cache that is being filled. Once the cache was full, the operator would be
// killed, restarted and killed again, and so would all its replicas.
func (g *Guard) Admit() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.stopped {
		g.resumed.Wait()
	}
}

// Filled says that the cache holds everything. From then on, changes are never held up: what is decided must not rest on an old state.
func (g *Guard) Filled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.filled, g.stopped = true, false
	g.resumed.Broadcast()
}

// Fits returns why the cache is not filled any further, or nil if it is.
func (g *Guard) Fits() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.stopped {
		return nil
	}
	return fmt.Errorf("the cache does not fit into the memory: it is not filled any further, because more than %.0f %% of the memory "+
		"limit of %d MiB are needed: set a higher resources.limits.memory in the operator's Deployment; docs/sizing.md says how much",
		100*goOnAt, g.usage.Limit/mib)
}
