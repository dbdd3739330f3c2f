// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// reconcileDelete ends a deleted OrgGroup: it takes the access of the identity provider's group away, and waits until nobody has the group
// in force because it lists them. Those who name it in spec.groups stay in it.
func (r *Reconciler) reconcileDelete(ctx context.Context, g *v1alpha1.OrgGroup) error {
	if !controllerutil.ContainsFinalizer(g, v1alpha1.Finalizer) {
		return nil
	}
	if err := r.revokeAll(ctx, g); err != nil {
		return err
	}
	users, err := r.cache.UsersInGroup(ctx, g.Namespace, g.Name)
	if err != nil {
		return err
	}
	users = slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return slices.Contains(u.Spec.Groups, v1alpha1.ObjectName(g.Name))
	})
	if len(users) > 0 {
		return status.Await(ctx, r.client, g, v1alpha1.ReasonRemoving,
			"removing the access of "+wording.Count(len(users), "person", "people"))
	}
	return object.Release(ctx, r.client, g, r.written)
}
