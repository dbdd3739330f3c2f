// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"
)

// orphans returns the RoleBindings of a user who is gone.
func (r *Reconciler) orphans(ctx context.Context, user types.NamespacedName) ([]*rbacv1.RoleBinding, error) {
	return r.cache.Bindings(ctx, user.Namespace, user.Name)
}
