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
)

// Written remembers for a while which states of some kind's objects this process wrote last. What follows from its own write, such as a
// RoleBinding, may bring the next pass before the cache shows the write. Such a pass would decide by an outdated state, apply what is
// applied, and write a status that is refused with a conflict.
type Written struct{ versions *utilcache.LRUExpireCache }

// NewWritten returns a Written that knows nothing yet.
func NewWritten() Written { return Written{utilcache.NewLRUExpireCache(maxWritten)} }

// Note remembers an object as the API server has just stored it.
func (w Written) Note(o client.Object) {
	w.versions.Add(o.GetUID(), o.GetResourceVersion(), writtenTTL)
}

// IsAheadOf reports whether an object from the cache is older than what was written. Then the cache is about to show the newer state, which
// brings the next pass by itself.
func (w Written) IsAheadOf(o client.Object) bool {
	written, known := w.versions.Get(o.GetUID())
	version, is := written.(string)
	if !known || !is || o.GetUID() == types.UID("") {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(o.GetResourceVersion(), version)
	return err == nil && order < 0
}
