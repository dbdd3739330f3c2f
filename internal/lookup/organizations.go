// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Organization returns the organization of a namespace, or nil if there is none. The object is shared with the cache: its ledgers name
// everybody who has a seat, and a copy for each request and each pass would cost as much as the organization is large.
func (r Reader) Organization(ctx context.Context, namespace string) (*v1alpha1.Organization, error) {
	return get(ctx, r.objects, namespace, namespace, &v1alpha1.Organization{}, client.UnsafeDisableDeepCopy)
}
