// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package maxima builds objects at the API's maxima, and a cache in memory that holds them, for benchmarks and for specs about sizes.
package maxima

import (
	"context"
	"fmt"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Cache is a client that reads from memory by the indexes of the manager's cache, at the same cost: single objects are copied, lists
// share what they contain with the cache. Lookups counts the reads, and Items the objects that they returned. It writes nothing.
type Cache struct {
	client.Client

	indexers map[reflect.Type]toolscache.Indexers
	kinds    map[reflect.Type]toolscache.Indexer

	Lookups, Items int
}

// NewCache returns a cache with the indexes that addIndexes adds, such as lookup.AddIndexes.
func NewCache(ctx context.Context, addIndexes func(context.Context, client.FieldIndexer) error, objects ...client.Object) *Cache {
	c := &Cache{indexers: map[reflect.Type]toolscache.Indexers{}, kinds: map[reflect.Type]toolscache.Indexer{}}
	if err := addIndexes(ctx, c); err != nil {
		panic(err)
	}
	c.Add(objects...)
	return c
}

// IndexField implements client.FieldIndexer.
func (c *Cache) IndexField(_ context.Context, o client.Object, field string, extract client.IndexerFunc) error {
	kind := reflect.TypeOf(o)
	if c.indexers[kind] == nil {
		c.indexers[kind] = toolscache.Indexers{}
	}
	c.indexers[kind][field] = func(o any) ([]string, error) {
		return extract(o.(client.Object)), nil //nolint:forcetypeassert // nothing else is in it
	}
	return nil
}

// Add adds objects.
func (c *Cache) Add(objects ...client.Object) {
	for _, o := range objects {
		if err := c.kind(reflect.TypeOf(o)).Add(o); err != nil {
			panic(err)
		}
	}
}

// AddAll adds the objects of a slice.
func AddAll[T client.Object](c *Cache, objects []T) {
	for _, o := range objects {
		c.Add(o)
	}
}

func (c *Cache) kind(t reflect.Type) toolscache.Indexer {
	if c.kinds[t] == nil {
		c.kinds[t] = toolscache.NewIndexer(toolscache.MetaNamespaceKeyFunc, c.indexers[t])
	}
	return c.kinds[t]
}

// Get implements client.Reader.
func (c *Cache) Get(_ context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	c.Lookups++
	name := key.Name
	if key.Namespace != "" {
		name = key.Namespace + "/" + key.Name
	}
	o, exists, err := c.kind(reflect.TypeOf(into)).GetByKey(name)
	if err != nil || !exists {
		return apierrors.NewNotFound(v1alpha1.Resource("objects"), key.Name)
	}
	c.Items++
	var options client.GetOptions
	options.ApplyOptions(opts)
	found, _ := o.(runtime.Object)
	if options.UnsafeDisableDeepCopy == nil || !*options.UnsafeDisableDeepCopy {
		found = found.DeepCopyObject()
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(found).Elem())
	return nil
}

// List implements client.Reader. It selects by a namespace and at most one field.
func (c *Cache) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	c.Lookups++
	var options client.ListOptions
	options.ApplyOptions(opts)
	items := reflect.ValueOf(list).Elem().FieldByName("Items")
	kind := c.kind(reflect.PointerTo(items.Type().Elem()))
	var found []any
	if options.FieldSelector == nil {
		found = kind.List()
	} else {
		by := options.FieldSelector.Requirements()[0]
		var err error
		if found, err = kind.ByIndex(by.Field, by.Value); err != nil {
			return fmt.Errorf("index %s: %w", by.Field, err)
		}
	}
	objects := make([]runtime.Object, 0, len(found))
	for _, o := range found {
		if options.Limit > 0 && int64(len(objects)) >= options.Limit {
			break
		}
		if at, _ := o.(metav1.Object); options.Namespace == "" || at.GetNamespace() == options.Namespace {
			objects = append(objects, o.(runtime.Object)) //nolint:forcetypeassert // nothing else is in it
		}
	}
	c.Items += len(objects)
	return meta.SetList(list, objects)
}
