// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/internal/mapper"
)

func (r *Reconciler) orphans(ctx context.Context, organization types.NamespacedName,
) ([]*rbacv1.RoleBinding, error) {
	if organization.Name != organization.Namespace {
		return nil, nil
	}
	return r.cache.DelegateBindings(ctx, organization.Namespace)
}

// ofClusterRole: the same concerns the organizations, which say so.
func (r *Reconciler) ofClusterRole(ctx context.Context, c mapper.Change[*metav1.PartialObjectMetadata],
) ([]types.NamespacedName, error) {
	return mapper.KeysOf(mapper.OrganizationsNaming(ctx, r.cache, c))
}
