// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"fmt"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// scope says how an index is read.
type scope string

const (
	// inNamespace is for what is looked up in an organization.
	inNamespace scope = "in one namespace"
	// everywhere is for what is looked up in all namespaces at once.
	everywhere scope = "across all namespaces"
)

// scopes maps the names of the indexes to how they are read.
var scopes = func() map[string]scope {
	out := map[string]scope{}
	for _, i := range indexes() {
		out[i.name] = i.scope
	}
	return out
}()

// NewIndexer returns an indexer of a cache for AddIndexes. The cache's own has two entries for each value, one in the object's namespace
// and one across all; this one has only the entry that is read. Half of what the indexes take would be entries that nobody reads.
func NewIndexer(informers cache.Informers) client.FieldIndexer { return indexer{informers} }

type indexer struct{ informers cache.Informers }

// IndexField implements client.FieldIndexer.
func (i indexer) IndexField(ctx context.Context, o client.Object, field string, extract client.IndexerFunc) error {
	informer, err := i.informers.GetInformer(ctx, o, cache.BlockUntilSynced(false))
	if err != nil {
		return err
	}
	prefix := func(client.Object) string { return "__all_namespaces/" }
	if scopes[field] == inNamespace {
		prefix = func(o client.Object) string { return o.GetNamespace() + "/" }
	}
	// The names and keys under which the cache's reader looks (FieldIndexName and KeyToNamespacedKey in its internal package).
	return informer.AddIndexers(toolscache.Indexers{"field:" + field: func(o any) ([]string, error) {
		object, is := o.(client.Object)
		if !is {
			return nil, fmt.Errorf("the cache holds a %T, which is no object", o)
		}
		values := extract(object)
		keys := make([]string, 0, len(values))
		for _, value := range values {
			keys = append(keys, prefix(object)+value)
		}
		return keys, nil
	}})
}

// scopedReader refuses to read an index in another way than it is made for: the cache would find nothing and not say why.
type scopedReader struct{ client.Reader }

// List implements client.Reader.
func (r scopedReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	var options client.ListOptions
	options.ApplyOptions(opts)
	if options.FieldSelector != nil {
		asked := everywhere
		if options.Namespace != "" {
			asked = inNamespace
		}
		for _, requirement := range options.FieldSelector.Requirements() {
			if made, known := scopes[requirement.Field]; known && made != asked {
				return fmt.Errorf("the index %s is for look-ups %s, not %s", requirement.Field, made, asked)
			}
		}
	}
	return r.Reader.List(ctx, list, opts...)
}
