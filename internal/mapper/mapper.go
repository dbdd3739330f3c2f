// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mapper connects watches to reconcilers: a Mapper returns which objects a change concerns.
package mapper

import (
	"context"
	"iter"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

type requests = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Change is a watched object before and after a change. Before is nil for a new object, After for one that is gone.
type Change[T client.Object] struct {
	Before, After T
	// Initial is true for an object that existed when the watch began.
	Initial bool
}

// Newest returns the object as it is now, or as it last was.
func (c Change[T]) Newest() T {
	if any(c.After) != any(*new(T)) {
		return c.After
	}
	return c.Before
}

// Created reports whether the object is new to the cluster or to this process.
func (c Change[T]) Created() bool { return any(c.Before) == any(*new(T)) }

// Deleted reports whether the object is gone.
func (c Change[T]) Deleted() bool { return any(c.After) == any(*new(T)) }

// Mapper returns the keys of the objects that a change concerns, by the state of the cache after the change.
type Mapper[T client.Object] func(context.Context, Change[T]) ([]types.NamespacedName, error)

// OnChange enqueues the objects that a change concerns.
func OnChange[T client.Object](names Mapper[T]) handler.EventHandler {
	return OnChangeAfter(0, names)
}

// OnChangeAfter does the same after a delay, during which any number of changes leads to one pass.
func OnChangeAfter[T client.Object](delay time.Duration, names Mapper[T]) handler.EventHandler {
	return onChange(names, func(_ context.Context, key types.NamespacedName, q requests) {
		q.AddAfter(reconcile.Request{NamespacedName: key}, delay)
	})
}

// onChange has the objects added to a queue that a change concerns.
func onChange[T client.Object](names Mapper[T], add func(context.Context, types.NamespacedName, requests)) handler.EventHandler {
	enqueue := func(ctx context.Context, c Change[T], q requests) {
		found, err := names(ctx, c)
		if err != nil {
			log.FromContext(ctx).Error(err, "cannot find the objects that a change concerns")
		}
		for key := range distinct(found) {
			add(ctx, key, q)
		}
	}
	cast := func(o client.Object) T {
		t, _ := o.(T)
		return t
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q requests) {
			enqueue(ctx, Change[T]{After: cast(e.Object), Initial: e.IsInInitialList}, q)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q requests) {
			enqueue(ctx, Change[T]{Before: cast(e.ObjectOld), After: cast(e.ObjectNew)}, q)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q requests) {
			enqueue(ctx, Change[T]{Before: cast(e.Object)}, q)
		},
	}
}

// distinct yields each name once, in order: what a change concerns in many ways is enqueued once.
func distinct(names []types.NamespacedName) iter.Seq[types.NamespacedName] {
	return func(yield func(types.NamespacedName) bool) {
		seen := make(map[types.NamespacedName]bool, len(names))
		for _, name := range names {
			if !seen[name] && !yield(name) {
				return
			}
			seen[name] = true
		}
	}
}
