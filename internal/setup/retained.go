// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// retained knows the objects that the cache holds. When a watch has to begin anew, because the API server was restarted for example,
// everything is sent once more, and is in memory twice until all of it has come; unless what has not changed is recognized.
type retained struct {
	mu     sync.RWMutex
	stores map[reflect.Type]toolscache.Store
}

// indexed is what an informer has beside the methods by which controller-runtime knows it.
type indexed interface{ GetIndexer() toolscache.Indexer }

// follow looks an informer's objects up from now on.
func (r *retained) follow(ctx context.Context, informers cache.Informers, objects ...client.Object) error {
	for _, o := range objects {
		informer, err := informers.GetInformer(ctx, o, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("cannot watch %T: %w", o, err)
		}
		store, has := informer.(indexed)
		if !has {
			return fmt.Errorf("the informer of %T, a %T, has no store", o, informer)
		}
		r.mu.Lock()
		if r.stores == nil {
			r.stores = map[reflect.Type]toolscache.Store{}
		}
		r.stores[reflect.TypeOf(o)] = store.GetIndexer()
		r.mu.Unlock()
	}
	return nil
}

// find returns the object in the cache that is the same as one that was sent, or nil if there is none.
func (r *retained) find(o client.Object) client.Object {
	r.mu.RLock()
	store := r.stores[reflect.TypeOf(o)]
	r.mu.RUnlock()
	if store == nil {
		return nil
	}
	held, exists, err := store.Get(o)
	if err != nil || !exists {
		return nil
	}
	same, is := held.(client.Object)
	if !is || same.GetUID() != o.GetUID() || same.GetResourceVersion() != o.GetResourceVersion() || o.GetResourceVersion() == "" {
		return nil
	}
	return same
}
