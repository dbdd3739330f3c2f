// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// Indexer hands the cache's indexes to a fake client, for functions that look objects up and write nothing.
type Indexer struct{ *fake.ClientBuilder }

// IndexField implements client.FieldIndexer.
func (i Indexer) IndexField(_ context.Context, object client.Object, field string, extract client.IndexerFunc) error {
	i.WithIndex(object, field, extract)
	return nil
}
