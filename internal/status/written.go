// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	utilcache "k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// maxWritten and writtenTTL bound what Written remembers: more than a cache is behind at any time.
	maxWritten = 10_000
	writtenTTL = 30 * time.Second
	// aheadDelay is after which time what was written is forgotten for sure.
	aheadDelay = writtenTTL + time.Second
	// released stands for the state of an object that is gone, which is newer than any that a cache shows.
	released = "released"
)

// Written remembers for a while which states of some kind's objects this process wrote last. What follows from its own write, such as a
// RoleBinding, may bring the next pass before the cache shows the write. Such a pass would decide by an outdated state, apply what is
// applied, and write a status that is refused with a conflict.
type Written struct{ versions *utilcache.LRUExpireCache }

// NewWritten returns a Written that knows nothing yet.
func NewWritten(now func() time.Time) Written {
	return Written{utilcache.NewLRUExpireCacheWithClock(maxWritten, clock(now))}
}

// clock is a utilcache.Clock.
type clock func() time.Time

// Now implements utilcache.Clock.
func (c clock) Now() time.Time { return c() }

// Note remembers an object as the API server has just stored it.
func (w Written) Note(o client.Object) {
	w.versions.Add(o.GetUID(), o.GetResourceVersion(), writtenTTL)
}

// NoteReleased remembers that nothing of Usher's keeps an object any more that is being deleted: see object.Release.
func (w Written) NoteReleased(o client.Object) {
	w.versions.Add(o.GetUID(), released, writtenTTL)
}

// Ahead returns how long to leave alone an object from the cache that is older than what was written; zero: it is not. The cache is about
// to show the newer state, which brings the next pass by itself. It never does if etcd was restored from a backup meanwhile, which has the
// older state again. So the pass is repeated when what was written is forgotten.
func (w Written) Ahead(o client.Object) time.Duration {
	written, known := w.versions.Get(o.GetUID())
	version, is := written.(string)
	if !known || !is || o.GetUID() == types.UID("") {
		return 0
	}
	if version == released {
		return aheadDelay
	}
	if order, err := resourceversion.CompareResourceVersion(o.GetResourceVersion(), version); err != nil || order >= 0 {
		return 0
	}
	return aheadDelay
}
