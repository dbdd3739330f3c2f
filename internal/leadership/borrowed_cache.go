// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package leadership

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// borrowedCache is a cache that somebody else fills. What a term adds to its informers goes with the term.
type borrowedCache struct {
	cache.Cache

	mu sync.Mutex
	// added are the handlers of this term.
	added []addedHandler
}

type addedHandler struct {
	informer     cache.Informer
	registration toolscache.ResourceEventHandlerRegistration
}

// Borrow returns a cache for the manager of one term, which it neither starts nor stops. When that manager ends, its event handlers are
// removed: without that, each term would go on mapping and queueing events for controllers that are gone.
func Borrow(c cache.Cache) cache.Cache { return &borrowedCache{Cache: c} }

// Start waits until the term ends, and removes its handlers.
func (c *borrowedCache) Start(ctx context.Context) error {
	<-ctx.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.added {
		if err := h.informer.RemoveEventHandler(h.registration); err != nil {
			log.FromContext(ctx).Error(err, "cannot remove an event handler of a former term; it takes CPU until the operator ends")
		}
	}
	c.added = nil
	return nil
}

// GetInformer returns the informer of the borrowed cache, whose handlers are removed at the end of the term.
func (c *borrowedCache) GetInformer(ctx context.Context, of client.Object, opts ...cache.InformerGetOption) (cache.Informer, error) {
	informer, err := c.Cache.GetInformer(ctx, of, opts...)
	if err != nil {
		return nil, err
	}
	return borrowedInformer{informer, c}, nil
}

// GetInformerForKind is GetInformer for a kind that is known by its name.
func (c *borrowedCache) GetInformerForKind(ctx context.Context, of schema.GroupVersionKind, opts ...cache.InformerGetOption,
) (cache.Informer, error) {
	informer, err := c.Cache.GetInformerForKind(ctx, of, opts...)
	if err != nil {
		return nil, err
	}
	return borrowedInformer{informer, c}, nil
}

func (c *borrowedCache) note(informer cache.Informer, registration toolscache.ResourceEventHandlerRegistration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.added = append(c.added, addedHandler{informer, registration})
}

// borrowedInformer tells its cache which handlers are added.
type borrowedInformer struct {
	cache.Informer

	cache *borrowedCache
}

// AddEventHandler implements cache.Informer.
func (i borrowedInformer) AddEventHandler(h toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(h, toolscache.HandlerOptions{})
}

// AddEventHandlerWithResyncPeriod implements cache.Informer.
func (i borrowedInformer) AddEventHandlerWithResyncPeriod(h toolscache.ResourceEventHandler, period time.Duration,
) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(h, toolscache.HandlerOptions{ResyncPeriod: &period})
}

// AddEventHandlerWithOptions implements cache.Informer.
func (i borrowedInformer) AddEventHandlerWithOptions(h toolscache.ResourceEventHandler, options toolscache.HandlerOptions,
) (toolscache.ResourceEventHandlerRegistration, error) {
	registration, err := i.Informer.AddEventHandlerWithOptions(h, options)
	if err == nil {
		i.cache.note(i.Informer, registration)
	}
	return registration, err
}
