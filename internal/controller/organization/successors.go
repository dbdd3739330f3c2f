// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"

	"github.com/usher-operator/usher/internal/effective"
)

// successors returns the users who take over from administrators who are being deleted, if nobody else would be left.
func (r *Reconciler) successors(ctx context.Context, namespace string, next effective.Ledger) ([]string, error) {
	if next.Held == "" {
		return nil, nil
	}
	var names []string
	for _, name := range append([]string{next.Held}, next.Leaving...) {
		successor, err := r.successor(ctx, namespace, name)
		if err != nil {
			return nil, err
		}
		if successor != "" {
			names = append(names, successor)
		}
	}
	return names, nil
}

// successor returns the name of the user who takes over from an administrator; "": there is none. Both are read past the cache, because
// only who is being deleted hands over, and only who still requests the role takes over.
func (r *Reconciler) successor(ctx context.Context, namespace, name string) (string, error) {
	former, err := r.api.User(ctx, namespace, name)
	if err != nil || former == nil || former.DeletionTimestamp.IsZero() {
		return "", err
	}
	succession, err := r.cache.Succession(ctx, former)
	if err != nil || !succession.Possible() {
		return "", err
	}
	next, err := r.api.User(ctx, namespace, succession.User)
	if err != nil || next == nil || !next.DeletionTimestamp.IsZero() {
		return "", err
	}
	if !(effective.Usernames{}).SuccessionOf(next, "").Possible() {
		return "", nil
	}
	return next.Name, nil
}
