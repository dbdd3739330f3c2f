// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"github.com/usher-operator/usher/internal/effective"
)

// Paused reports whether the organization of a namespace is paused.
func (r objects) Paused(ctx context.Context, namespace string) (bool, error) {
	n, err := r.Namespace(ctx, namespace)
	return err == nil && n != nil && effective.IsPaused(n), err
}

// Held reports whether Usher leaves alone what belongs to the organization of a namespace. It is to be asked before anything is written
// or sent. Deleting says that it is about an object that is being deleted; see effective.IsHeld.
//
// A namespace that the cache does not show, or shows as being deleted, may be there again. It is paused before anything is restored to
// it, and what is restored must not be taken for something new. So the API server is asked then.
func (r Reader) Held(ctx context.Context, api APIReader, namespace string, deleting bool) (bool, error) {
	n, err := r.Namespace(ctx, namespace)
	if err == nil && (n == nil || !n.DeletionTimestamp.IsZero() && !deleting) {
		n, err = api.Namespace(ctx, namespace)
	}
	return err == nil && n != nil && effective.IsHeld(n, deleting), err
}
