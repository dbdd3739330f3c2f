// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"slices"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// seatsSeen gives the users by whom the seats are planned. Users who leave a seat by the written ledger are read past the
// cache, which may not know yet that they wish the module again, or still have it (GTA-11).
//
// This read makes it safe. A user without the module takes it again only after reading the ledger, past the cache and after
// the wish was written: either that wish is seen here, or the user's pass sees that the seat is being left.
func (r *Reconciler) seatsSeen(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) ([]*v1alpha1.OrgUser, error) {
	leaving := effective.Leaving(o)
	if len(leaving) == 0 {
		return users, nil
	}
	seen := slices.DeleteFunc(slices.Clone(users), func(u *v1alpha1.OrgUser) bool { return slices.Contains(leaving, u.Name) })
	for _, name := range leaving {
		user, err := r.api.User(ctx, o.Namespace, name)
		if err != nil {
			return nil, err
		}
		if user != nil {
			seen = append(seen, user)
		}
	}
	return seen, nil
}
