// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// seatsSeen gives the users by whom the seats are planned. Users who leave a seat by the written ledger are read past the
// cache, which may not know yet that they wish the module again, or still have it (GTA-11).
//
// This read makes it safe. A user without the module takes it again only after reading the ledger, past the cache and after
// the wish was written: either that wish is seen here, or the user's pass sees that the seat is being left.
func (r *organizationReconciler) seatsSeen(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) ([]*v1alpha1.OrgUser, error) {
	leaving := effective.Leaving(o)
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

// seated takes out the modules that would come into force without a seat by the ledger as the API server has it; the cache
// may still name a user who held a seat before. A user whose written state takes no seat yet waits for the next pass, as the
// ledger is planned from what is written.
func (r *orgUserReconciler) seated(ctx context.Context, before *v1alpha1.OrgUser, in effective.InForce) (effective.InForce, error) {
	has := func(m v1alpha1.ObjectName) bool { return slices.Contains(before.Status.Modules, m) }
	if !slices.ContainsFunc(in.Modules, func(m v1alpha1.ObjectName) bool { return !has(m) }) {
		return in, nil
	}
	var o v1alpha1.Organization
	if err := r.Live.Get(ctx, organizationKey(before), &o); client.IgnoreNotFound(err) != nil {
		return in, err
	}
	granted, _ := effective.ModulesInForce(&o, before)
	var modules []v1alpha1.ObjectName
	for _, m := range in.Modules {
		if has(m) || effective.WishesSeat(before, m) && slices.Contains(granted, m) {
			modules = append(modules, m)
		} else {
			in.AwaitingSeats = append(in.AwaitingSeats, string(m))
		}
	}
	in.Modules = modules
	return in, nil
}
