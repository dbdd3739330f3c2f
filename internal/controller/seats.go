// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/policy"
)

// seatsSeen gives the users as the seats are to be settled by: whoever is about to lose a seat is looked at past the
// cache, which may not know yet that he wishes the module again or has it still (GTA-11).
func (r *organizationReconciler) seatsSeen(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) ([]*v1alpha1.OrgUser, error) {
	leaving := policy.SeatsLeft(o, users)
	if len(leaving) == 0 {
		return users, nil
	}
	seen := slices.DeleteFunc(slices.Clone(users), func(u *v1alpha1.OrgUser) bool { return slices.Contains(leaving, u.Name) })
	for _, name := range leaving {
		user, err := r.liveUser(ctx, o.Namespace, name)
		if err != nil {
			return nil, err
		}
		if user != nil {
			seen = append(seen, user)
		}
	}
	return seen, nil
}

// seatLost tells whether a module would come into force for a user whose seat, by the ledger read past the cache, is no
// longer there: the cache may still know him as the holder that he was.
func (r *orgUserReconciler) seatLost(ctx context.Context, u *v1alpha1.OrgUser, modules []v1alpha1.ObjectName) (bool, error) {
	coming := slices.DeleteFunc(slices.Clone(modules), func(m v1alpha1.ObjectName) bool {
		return slices.Contains(u.Status.Modules, m)
	})
	if len(coming) == 0 {
		return false, nil
	}
	var o v1alpha1.Organization
	if err := r.Live.Get(ctx, organizationKey(u), &o); err != nil {
		return true, client.IgnoreNotFound(err)
	}
	granted, _ := policy.ModulesInForce(&o, u)
	return slices.ContainsFunc(coming, func(m v1alpha1.ObjectName) bool { return !slices.Contains(granted, m) }), nil
}
