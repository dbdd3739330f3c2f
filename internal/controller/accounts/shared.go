// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"context"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// An address has one account, whatever organizations its person is in. Each of their OrgUsers has the account's ID, and the last one to
// leave has it deleted.

// isShared reports whether another organization's person with the same address signs in with the account. It reads the others past the
// cache: of two who leave at the same time, one at least sees that the other has left.
func (r *Reconciler) isShared(ctx context.Context, u *v1alpha1.OrgUser) (bool, error) {
	others, err := r.others(ctx, u)
	for _, cached := range others {
		other, err := r.api.User(ctx, cached.Namespace, cached.Name)
		if err != nil {
			return false, err
		}
		if other != nil && effective.HasAccount(other) && effective.HoldsAccount(other) &&
			other.Status.Account.ID == u.Status.Account.ID {
			return true, nil
		}
	}
	return false, err
}

// join makes the account of another organization's person with the same address this one's, if there is one.
func (r *Reconciler) join(ctx context.Context, u *v1alpha1.OrgUser) error {
	others, err := r.others(ctx, u)
	for _, other := range others {
		if id := other.Status.Account.ID; other.Status.Account.State == v1alpha1.AccountReady && effective.HoldsAccount(other) {
			return r.amend(ctx, u, func() {
				u.Status.Account.ID = id
				r.found(u, id)
			})
		}
	}
	return err
}

// isUsers reports whether an account is one that Usher created for an address, in whatever organization.
func (r *Reconciler) isUsers(ctx context.Context, u *v1alpha1.OrgUser, id string) (bool, error) {
	if id == u.Status.Account.ID {
		return true, nil
	}
	others, err := r.others(ctx, u)
	for _, other := range others {
		if other.Status.Account.ID == id && effective.HasAccount(other) {
			return true, nil
		}
	}
	return false, err
}

// others returns the users with the same account's address, without the user.
func (r *Reconciler) others(ctx context.Context, u *v1alpha1.OrgUser) ([]*v1alpha1.OrgUser, error) {
	all, err := r.cache.UsersByAccount(ctx, u.Status.Account.Email)
	var others []*v1alpha1.OrgUser
	for _, other := range all {
		if other.UID != u.UID {
			others = append(others, other)
		}
	}
	return others, err
}
