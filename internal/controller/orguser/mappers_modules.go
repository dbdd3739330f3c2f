// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
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

// waitingForChangedSeats returns the users who wait for a module of which other seats are bought, or which is removed from or added to the
// subscription: their conditions say what they wait for.
func (r *Reconciler) waitingForChangedSeats(ctx context.Context, c mapper.Change[*v1alpha1.Organization]) ([]*v1alpha1.OrgUser, error) {
	changed := mapper.Difference(seatsBought(c.Before), seatsBought(c.After))
	if len(changed) == 0 {
		return nil, nil
	}
	modules := map[string]bool{}
	for _, bought := range changed {
		name, _, _ := strings.Cut(bought, "/")
		modules[name] = true
	}
	users, err := r.cache.Users(ctx, c.After.Namespace)
	return slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool {
		return !slices.ContainsFunc(effective.RequestedModules(u), func(m v1alpha1.ObjectName) bool {
			return modules[string(m)] && !slices.Contains(u.Status.Modules, m)
		})
	}), err
}

// seatsBought returns each module of the subscription with its seats, as module/seats.
func seatsBought(o *v1alpha1.Organization) []string {
	bought := make([]string, 0, len(o.Spec.Subscription.Modules))
	for _, m := range o.Spec.Subscription.Modules {
		bought = append(bought, fmt.Sprintf("%s/%d", m.Name, ptr.Deref(m.Seats, 0)))
	}
	return bought
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
