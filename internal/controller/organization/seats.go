// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"slices"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// reconcileSeats plans who has a seat of each module. The users who are leaving a seat are read anew for that, and the phases that
// follow see them as they were read.
func (r *Reconciler) reconcileSeats(ctx context.Context, s *scope) (time.Duration, error) {
	users, err := r.refreshLeaving(ctx, s.organization, s.users)
	if err != nil {
		return 0, err
	}
	s.users = users
	_, unread := leavingUsers(s.organization, users)
	s.organization.Status.Modules = effective.NextSeats(s.organization, users, unread...)
	return 0, nil
}

// maxLeavingRead is how many of those who leave a seat are read past the cache in one pass. Each seat that one of them has left changes
// the ledger, which leads to the next pass.
const maxLeavingRead = 100

// leavingUsers separates the users who leave a seat by the written ledger into those whom this pass reads past the cache and those whom
// it does not. It begins with users who have left by what the cache shows: reading the others would rarely free a seat.
func leavingUsers(o *v1alpha1.Organization, users []*v1alpha1.OrgUser) (read, unread []string) {
	leaving := effective.Leaving(o)
	if len(leaving) <= maxLeavingRead {
		return leaving, nil
	}
	using := make(map[string]bool, len(users))
	for _, u := range users {
		using[u.Name] = len(u.Status.Modules) > 0
	}
	slices.SortStableFunc(leaving, func(a, b string) int {
		switch {
		case using[a] == using[b]:
			return 0
		case using[b]:
			return -1
		default:
			return 1
		}
	})
	return leaving[:maxLeavingRead], leaving[maxLeavingRead:]
}

// refreshLeaving returns the users by whom the seats are planned. Users who leave a seat by the written ledger are read past the
// cache, which may not know yet that they request the module again, or still have it (GTA-11).
//
// This read makes it safe. A user without the module takes it again only after reading the ledger, past the cache and after the
// request was written: either that request is seen here, or the user's pass sees that the seat is being left. A user who is not read
// counts as having the module still.
func (r *Reconciler) refreshLeaving(ctx context.Context, o *v1alpha1.Organization, users []*v1alpha1.OrgUser,
) ([]*v1alpha1.OrgUser, error) {
	leaving, _ := leavingUsers(o, users)
	if len(leaving) == 0 {
		return users, nil
	}
	fresh := slices.DeleteFunc(slices.Clone(users), func(u *v1alpha1.OrgUser) bool { return slices.Contains(leaving, u.Name) })
	for _, name := range leaving {
		user, err := r.api.User(ctx, o.Namespace, name)
		if err != nil {
			return nil, err
		}
		if user != nil {
			fresh = append(fresh, user)
		}
	}
	return fresh, nil
}
