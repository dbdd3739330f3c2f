// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/object"
)

// manyWriters is for an object that all requests of a directory write that take something away from somebody.
var manyWriters = wait.Backoff{Steps: 12, Duration: 5 * time.Millisecond, Factor: 1.5, Jitter: 1}

// Protected has the protection judge what the directory is about to take away, and writes what it notes in the organization's status before
// that is done. It reads and writes past the cache, and again if somebody else has written in between: so a limit holds with several
// replicas. An organization that is being deleted is not protected.
func (s Store[T]) Protected(ctx context.Context, judge func(o *v1alpha1.Organization) error) error {
	return retry.RetryOnConflict(manyWriters, func() error {
		o, err := lookup.NewAPIReader(s.client).Organization(ctx, s.organization)
		if err != nil || o == nil || !o.DeletionTimestamp.IsZero() {
			return refusal.Of(err)
		}
		before := o.DeepCopy()
		refused := judge(o)
		if equality.Semantic.DeepEqual(before.Status.Directory, o.Status.Directory) {
			return refused
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := s.client.Status().Patch(ctx, o, patch, object.FieldOwner); err != nil {
			return err
		}
		return refused
	})
}
