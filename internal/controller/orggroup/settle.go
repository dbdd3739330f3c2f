// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
)

// maxSingle is how many accounts are read one by one past the cache. Of more, all are read at once.
const maxSingle = 50

// settleMembers brings the addresses that a directory's group lists to those that its members have in force (DIR-6), and takes out those
// whose accounts are gone. Where the cache shows something else than the group, the API server is asked: the cache may not show yet an
// account that was created a moment ago. The next pass follows from the write.
func (r *Reconciler) settleMembers(ctx context.Context, s *scope) (time.Duration, error) {
	if !directory.KeepsGroup(s.group) {
		return 0, nil
	}
	members, err := directory.Members(s.group)
	if err != nil {
		return 0, err
	}
	var doubtful []string
	for _, m := range members {
		stands, err := r.stands(ctx, s.group.Namespace, m)
		if err != nil {
			return 0, err
		}
		if !stands {
			doubtful = append(doubtful, m.Account)
		}
	}
	if len(doubtful) == 0 {
		return 0, nil
	}
	addresses, err := r.addresses(ctx, s.group.Namespace, doubtful)
	if err != nil {
		return 0, err
	}
	before := s.group.DeepCopy()
	settled := s.group.DeepCopy()
	if changed, err := directory.Settle(settled, addresses); err != nil || !changed {
		return 0, err
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return 0, r.client.Patch(ctx, settled, patch, object.FieldOwner)
}

// stands reports whether the cache shows that a member has the address in force that the group lists.
func (r *Reconciler) stands(ctx context.Context, namespace string, m directory.Member) (bool, error) {
	users, err := r.cache.UsersByEmail(ctx, namespace, m.Address)
	return slices.ContainsFunc(users, func(u *v1alpha1.OrgUser) bool { return u.Name == m.Account && isTheDirectorys(u) }), err
}

func isTheDirectorys(u *v1alpha1.OrgUser) bool {
	return directory.Keeps(u) && u.DeletionTimestamp.IsZero()
}

// addresses returns the addresses of accounts, past the cache. They are empty for accounts that are gone, or not the directory's.
func (r *Reconciler) addresses(ctx context.Context, namespace string, accounts []string) (map[string]directory.Addresses, error) {
	found := make(map[string]directory.Addresses, len(accounts))
	for _, name := range accounts {
		found[name] = directory.Addresses{}
	}
	add := func(u *v1alpha1.OrgUser) {
		if _, asked := found[u.Name]; !asked || !isTheDirectorys(u) {
			return
		}
		has := directory.Addresses{InForce: string(effective.EmailOf(u))}
		if effective.ChangesEmail(u) {
			has.Coming = string(u.Spec.Email)
		}
		found[u.Name] = has
	}
	if len(found) > maxSingle {
		users, err := r.api.Users(ctx, namespace)
		for _, u := range users {
			add(u)
		}
		return found, err
	}
	for name := range found {
		u, err := r.api.User(ctx, namespace, name)
		if err != nil {
			return nil, err
		}
		if u != nil {
			add(u)
		}
	}
	return found, nil
}
