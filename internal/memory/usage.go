// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"math"
	"runtime/metrics"
)

// Usage is how much memory the process needs, and how much it may use.
type Usage struct {
	// Needed is what no garbage collection frees, in bytes: the live heap as of the last collection, and what Go needs beside the heap.
	Needed uint64
	// Used is Needed with what was allocated since, in bytes, of which a part is garbage.
	Used uint64
	// Limit is Go's limit, in bytes; zero: there is none.
	Limit uint64
}

// Names of the runtime's metrics.
const (
	liveHeap      = "/gc/heap/live:bytes"
	goLimit       = "/gc/gomemlimit:bytes"
	total         = "/memory/classes/total:bytes"
	heapReleased  = "/memory/classes/heap/released:bytes"
	heapObjects   = "/memory/classes/heap/objects:bytes"
	heapFree      = "/memory/classes/heap/free:bytes"
	heapUnused    = "/memory/classes/heap/unused:bytes"
	metricsNeeded = 7
)

// Current returns the process's usage.
func Current() Usage {
	samples := make([]metrics.Sample, 0, metricsNeeded)
	for _, name := range []string{liveHeap, goLimit, total, heapReleased, heapObjects, heapFree, heapUnused} {
		samples = append(samples, metrics.Sample{Name: name})
	}
	metrics.Read(samples)
	value := func(n int) uint64 { return samples[n].Value.Uint64() }
	used := value(2) - value(3) - value(5) - value(6)
	out := Usage{Needed: value(0) + used - value(4), Used: used}
	if limit := value(1); limit != math.MaxInt64 {
		out.Limit = limit
	}
	return out
}

// atLeast reports whether a part of the limit is needed. It is never so without a limit.
func (u Usage) atLeast(part float64) bool { return u.isPart(u.Needed, part) }

// usesAtLeast reports the same with what was allocated since the last collection.
func (u Usage) usesAtLeast(part float64) bool { return u.isPart(u.Used, part) }

func (u Usage) isPart(bytes uint64, part float64) bool {
	return u.Limit > 0 && float64(bytes) >= part*float64(u.Limit)
}
