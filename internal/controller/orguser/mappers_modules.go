// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
)

// seatHoldersOfChangedModules returns those who have seats of modules whose ClusterRole is another one now.
func seatHoldersOfChangedModules(c mapper.Change[*v1alpha1.Organization]) []types.NamespacedName {
	before, after := moduleRoles(c.Before), moduleRoles(c.After)
	return seatHolders(c.After, func(module string) bool { return before[module] != after[module] })
}

// moduleRoles returns the ClusterRole of each module.
func moduleRoles(o *v1alpha1.Organization) map[string]string {
	roles := make(map[string]string, len(o.Spec.Subscription.Modules))
	for _, m := range o.Spec.Subscription.Modules {
		roles[string(m.Name)] = m.ClusterRoleName
	}
	return roles
}

// seatHolders returns those who have seats of some modules, or are about to leave them.
func seatHolders(o *v1alpha1.Organization, of func(module string) bool) []types.NamespacedName {
	var keys []types.NamespacedName
	for _, m := range o.Status.Modules {
		if of(m.Name) {
			keys = append(keys, mapper.KeysNamed(o.Namespace, slices.Concat(m.Holders, m.Leaving))...)
		}
	}
	return keys
}

// usersForClusterRole: a ClusterRole that is created or deleted, or that may be bound from now on or no longer, concerns those who
// have seats of modules that name it.
func (r *Reconciler) usersForClusterRole(ctx context.Context, c mapper.Change[*metav1.PartialObjectMetadata],
) ([]types.NamespacedName, error) {
	organizations, err := mapper.OrganizationsNaming(ctx, r.cache, c)
	var keys []types.NamespacedName
	for _, o := range organizations {
		roles := moduleRoles(o)
		keys = append(keys, seatHolders(o, func(module string) bool { return roles[module] == c.Newest().Name })...)
	}
	return keys, err
}
