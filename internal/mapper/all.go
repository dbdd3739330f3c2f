// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// All returns a handler that queues all objects of a list's kind, whatever has happened.
func All(cache client.Reader, newList func() client.ObjectList) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, _ client.Object) []reconcile.Request {
		list := newList()
		if err := cache.List(ctx, list); err != nil { // a cache fails only when the operator stops
			log.FromContext(ctx).Error(err, "cannot list what a change of the configuration concerns")
			return nil
		}
		var requests []reconcile.Request
		_ = meta.EachListItem(list, func(o runtime.Object) error {
			object := o.(client.Object) //nolint:forcetypeassert // objects of the API
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)})
			return nil
		})
		return requests
	})
}
