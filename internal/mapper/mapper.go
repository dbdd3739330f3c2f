// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mapper connects watches to reconcilers: a Mapper returns which objects a change concerns.
package mapper

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
)

type requests = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Change is a watched object before and after a change; Before is nil for a new one, After for one that is gone.
type Change[T client.Object] struct {
	Before, After T
	// Initial is true for an object that existed when the watch began.
	Initial bool
}

// Newest returns the object as it is, or as it last was.
func (c Change[T]) Newest() T {
	if any(c.After) != any(*new(T)) {
		return c.After
	}
	return c.Before
}

// Created reports whether the object is new, to the cluster or to this process.
func (c Change[T]) Created() bool { return any(c.Before) == any(*new(T)) }

// Deleted reports whether the object is gone.
func (c Change[T]) Deleted() bool { return any(c.After) == any(*new(T)) }

// Mapper returns the objects that a change concerns, by the cache's state after the change.
type Mapper[T client.Object] func(context.Context, Change[T]) ([]types.NamespacedName, error)

// OnChange enqueues the objects that a change concerns.
func OnChange[T client.Object](names Mapper[T]) handler.EventHandler {
	return OnChangeAfter(0, names)
}

// OnChangeAfter does the same after a delay, within which many changes lead to one pass.
func OnChangeAfter[T client.Object](delay time.Duration, names Mapper[T]) handler.EventHandler {
	return OnChangeWithDelay(func(context.Context, types.NamespacedName) time.Duration { return delay }, names)
}

// OnChangeWithDelay does the same with a delay that depends on the object.
func OnChangeWithDelay[T client.Object](delay func(context.Context, types.NamespacedName) time.Duration, names Mapper[T],
) handler.EventHandler {
	enqueue := func(ctx context.Context, c Change[T], q requests) {
		found, err := names(ctx, c)
		if err != nil {
			log.FromContext(ctx).Error(err, "cannot find the objects that a change concerns")
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

// KeysOf returns the keys of objects that a lookup found.
func KeysOf[T client.Object](objects []T, err error) ([]types.NamespacedName, error) {
	names := make([]types.NamespacedName, 0, len(objects))
	for _, o := range objects {
		names = append(names, client.ObjectKeyFromObject(o))
	}
	return names, err
}

// OrganizationKey returns the key of the organization of an object's namespace.
func OrganizationKey(o client.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetNamespace()}
}

// CountDelay is how long changes that only move counts are gathered, so that they cost one write.
const CountDelay = 250 * time.Millisecond

// BeyondCounts passes a change of a reconciler's own kind at once, unless only the status differs and the difference is not
// urgent: Usher's own write of counts would otherwise cause the next count, before CountDelay has gathered any.
func BeyondCounts[T client.Object](urgent func(before, after T) bool) predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, isBefore := e.ObjectOld.(T)
		after, isAfter := e.ObjectNew.(T)
		return !isBefore || !isAfter || !sameMetadata(before, after) || urgent(before, after)
	}}
}

func sameMetadata(a, b client.Object) bool {
	return a.GetGeneration() == b.GetGeneration() && SameBesideGeneration(a, b)
}

// SameBesideGeneration reports whether two states of an object have the same metadata, whatever their spec and status.
func SameBesideGeneration(a, b client.Object) bool {
	return a.GetDeletionTimestamp().IsZero() == b.GetDeletionTimestamp().IsZero() &&
		equality.Semantic.DeepEqual(a.GetLabels(), b.GetLabels()) &&
		equality.Semantic.DeepEqual(a.GetAnnotations(), b.GetAnnotations()) &&
		equality.Semantic.DeepEqual(a.GetFinalizers(), b.GetFinalizers()) &&
		equality.Semantic.DeepEqual(a.GetOwnerReferences(), b.GetOwnerReferences())
}

// Itself maps a change of an object to the object.
func Itself[T client.Object](_ context.Context, c Change[T]) ([]types.NamespacedName, error) {
	return []types.NamespacedName{client.ObjectKeyFromObject(c.Newest())}, nil
}

// KeysNamed returns the keys of objects of one namespace.
func KeysNamed(namespace string, names []string) []types.NamespacedName {
	keys := make([]types.NamespacedName, 0, len(names))
	for _, name := range names {
		keys = append(keys, types.NamespacedName{Namespace: namespace, Name: name})
	}
	return keys
}

// OrganizationsNaming returns the organizations with a module that names a ClusterRole, if the change is one that decides whether
// the ClusterRole may be bound.
func OrganizationsNaming(ctx context.Context, cache lookup.Reader, c Change[*metav1.PartialObjectMetadata]) ([]*v1alpha1.Organization, error) {
	if c.Initial || !c.Created() && !c.Deleted() &&
		c.Before.Labels[v1alpha1.LabelGrantable] == c.After.Labels[v1alpha1.LabelGrantable] {
		return nil, nil
	}
	return cache.OrganizationsByClusterRole(ctx, c.Newest().Name)
}

// Difference returns the names that are in one of two lists only.
func Difference(a, b []string) []string {
	seen := map[string]int{}
	for _, name := range a {
		seen[name]++
	}
	for _, name := range b {
		seen[name]--
	}
	var names []string
	for name, n := range seen {
		if n != 0 {
			names = append(names, name)
		}
	}
	return names
}

// StandingChanged reports whether a change of a user may change whom a contact is assigned to.
func StandingChanged(c Change[*v1alpha1.OrgUser]) bool {
	return c.Created() || c.Deleted() || c.Before.Status.State != c.After.Status.State || c.Before.UID != c.After.UID ||
		effective.IsProvisional(c.Before) != effective.IsProvisional(c.After)
}
