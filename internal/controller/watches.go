// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

type requests = workqueue.TypedRateLimitingInterface[reconcile.Request]

// change is a watched object before and after; before is nil for a new one, after for one that is gone.
type change[T client.Object] struct {
	before, after T
	// initial is true for an object that was there when the watch began.
	initial bool
}

// newest gives the object as it is, or as it last was.
func (c change[T]) newest() T {
	if any(c.after) != any(*new(T)) {
		return c.after
	}
	return c.before
}

// created tells whether the object is new, to the cluster or to this process.
func (c change[T]) created() bool { return any(c.before) == any(*new(T)) }

// deleted tells whether the object is gone.
func (c change[T]) deleted() bool { return any(c.after) == any(*new(T)) }

// concerned finds what a change concerns, in the cache's state after the change.
type concerned[T client.Object] func(context.Context, change[T]) ([]types.NamespacedName, error)

// onChange enqueues what a change of a watched object concerns.
func onChange[T client.Object](names concerned[T]) handler.EventHandler {
	return onChangeAfter(0, names)
}

// onChangeAfter does the same after a delay, within which many changes bring one pass.
func onChangeAfter[T client.Object](delay time.Duration, names concerned[T]) handler.EventHandler {
	return onChangeGathered(func(context.Context, types.NamespacedName) time.Duration { return delay }, names)
}

// onChangeGathered does the same with a delay of each object's own.
func onChangeGathered[T client.Object](delay func(context.Context, types.NamespacedName) time.Duration, names concerned[T],
) handler.EventHandler {
	enqueue := func(ctx context.Context, c change[T], q requests) {
		found, err := names(ctx, c)
		if err != nil {
			log.FromContext(ctx).Error(err, "cannot find what a change concerns")
		}
		for _, name := range found {
			q.AddAfter(reconcile.Request{NamespacedName: name}, delay(ctx, name))
		}
	}
	cast := func(o client.Object) T {
		t, _ := o.(T)
		return t
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q requests) {
			enqueue(ctx, change[T]{after: cast(e.Object), initial: e.IsInInitialList}, q)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q requests) {
			enqueue(ctx, change[T]{before: cast(e.ObjectOld), after: cast(e.ObjectNew)}, q)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q requests) {
			enqueue(ctx, change[T]{before: cast(e.Object)}, q)
		},
	}
}

func keysOf[T client.Object](objects []T, err error) ([]types.NamespacedName, error) {
	names := make([]types.NamespacedName, 0, len(objects))
	for _, o := range objects {
		names = append(names, client.ObjectKeyFromObject(o))
	}
	return names, err
}

// organizationKey is the key of the organization of an object's namespace.
func organizationKey(o client.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetNamespace()}
}

// countDelay gathers changes that only move counts, so that they cost one write.
const countDelay = 250 * time.Millisecond

// beyondCounts lets a change of an object of its reconciler's own kind through at once, unless only the status differs and
// that not urgently: Usher's own write of counts would otherwise bring the next count, before countDelay has gathered any.
func beyondCounts[T client.Object](urgent func(before, after T) bool) predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, isBefore := e.ObjectOld.(T)
		after, isAfter := e.ObjectNew.(T)
		return !isBefore || !isAfter || !sameMetadata(before, after) || urgent(before, after)
	}}
}

func sameMetadata(a, b client.Object) bool {
	return a.GetGeneration() == b.GetGeneration() && sameBesideGeneration(a, b)
}

func sameBesideGeneration(a, b client.Object) bool {
	return a.GetDeletionTimestamp().IsZero() == b.GetDeletionTimestamp().IsZero() &&
		equality.Semantic.DeepEqual(a.GetLabels(), b.GetLabels()) &&
		equality.Semantic.DeepEqual(a.GetAnnotations(), b.GetAnnotations()) &&
		equality.Semantic.DeepEqual(a.GetFinalizers(), b.GetFinalizers()) &&
		equality.Semantic.DeepEqual(a.GetOwnerReferences(), b.GetOwnerReferences())
}

// itself: a change of an object concerns it.
func itself[T client.Object](_ context.Context, c change[T]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{client.ObjectKeyFromObject(c.newest())}, nil
}
