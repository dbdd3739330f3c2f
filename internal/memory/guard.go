// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

const (
	// fullAt is the part of the limit above which nothing may grow, and roomAt the part below which it may again. What is above is for
	// what was admitted and is not in the cache yet, for what comes past the webhooks, for a start, and for garbage: the closer to the
	// limit, the more often Go collects.
	fullAt, roomAt = 0.6, 0.55
	// stopAt is the part of the limit above which a cache is not filled any further, and goOnAt the part below which it is again. What is
	// freed in between is garbage, and no room. It is above fullAt, so that what was admitted can be started again, and leaves a tenth for
	// the passes that a start brings and a fifth for their garbage. With eight tenths, a replica became ready and was then killed.
	stopAt, goOnAt = 0.72, 0.68
	// paceAt is the part of the limit above which a pass waits for a collection, counting what was allocated since the last one. Go spends
	// no more than half of the CPU on collections, and exceeds its limit instead: passes that follow each other fast, as those that a start
	// brings, allocate more than it frees until the kernel ends the process.
	paceAt = 0.9
	// interval is how often the usage is measured. While a cache is being filled, it is also measured each time that so many objects were
	// admitted: in an interval, more of them come than there is room for.
	interval = 100 * time.Millisecond
	admitted = 64
	mib      = 1 << 20
)

var (
	neededBytes = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "usher_memory_needed_bytes",
		Help: "Memory of this replica that no garbage collection frees.",
	})
	limitBytes = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "usher_memory_limit_bytes",
		Help: "The most that Go may use in this replica, nine tenths of the container's limit; 0 without a limit. At 60 % of it, " +
			"growth is refused; a cache that needs more than 72 % of it is not filled.",
	})
)

func init() { metrics.Registry.MustRegister(neededBytes, limitBytes) }

// Guard knows whether there is room for more.
type Guard struct {
	measure func() Usage
	collect func()
	changed func(short error)

	// admissions counts objects, see admitted.
	admissions atomic.Uint64
	// collecting is held during a collection that somebody waits for.
	collecting sync.Mutex

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
	g := &Guard{measure: measure, collect: runtime.GC, changed: changed}
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
			g.end()
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
	if g.admissions.Add(1)%admitted == 0 && !g.isFilled() {
		g.collectAbove(stopAt)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.stopped {
		g.resumed.Wait()
	}
}

// Pace lets a pass begin. While memory is short, it waits until the garbage of those before it has been collected. It never waits longer:
// what takes access away must go on at any level.
func (g *Guard) Pace() {
	if g.isFull() {
		g.collectAbove(paceAt)
	}
}

// collectAbove collects garbage if memory is used up to a part of the limit, and measures what is needed. Of several who ask at the same
// time, the first one has freed what the others need.
func (g *Guard) collectAbove(part float64) {
	if !g.measure().usesAtLeast(part) {
		return
	}
	g.collecting.Lock()
	defer g.collecting.Unlock()
	if g.measure().usesAtLeast(part) {
		g.collect()
		g.sample()
	}
}

func (g *Guard) isFilled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.filled
}

func (g *Guard) isFull() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.full
}

// Filled says that the cache holds everything, with what it is found by, and waits until there is room for what a start brings. From then
// on, changes are never held up: what is decided must not rest on an old state.
func (g *Guard) Filled() {
	g.collectAbove(stopAt)
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.stopped {
		g.resumed.Wait()
	}
	g.filled = true
	g.resumed.Broadcast()
}

// AwaitFilled waits until Filled has returned.
func (g *Guard) AwaitFilled() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.filled {
		g.resumed.Wait()
	}
}

// end lets everybody go on: nobody waits in a process that ends.
func (g *Guard) end() {
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
