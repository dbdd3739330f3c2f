// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/object"
)

// followInGroups lists the address that is coming into force in the directory's groups that list the account by the former one (DIR-6).
// The address waits until the cache shows it in all of them, so that the person has the access that they open at every moment. Whoever is
// interrupted in between starts again here. The OrgGroup's reconciler takes the former address out once it is not in force any more.
//
// Groups that Git or a person declares list addresses, not people: theirs stay as they are.
func (r *Reconciler) followInGroups(ctx context.Context, u *v1alpha1.OrgUser) error {
	if !directory.Keeps(u) {
		return nil
	}
	former, coming := string(effective.EmailOf(u)), string(u.Spec.Email)
	listing, err := r.cache.GroupsListing(ctx, u.Namespace, former)
	if err != nil {
		return err
	}
	waiting := false
	for _, listed := range listing {
		follows, err := isMember(listed, u.Name, former)
		if err != nil || !follows {
			continue // the OrgGroup says that its annotation cannot be read
		}
		g := listed.DeepCopy()
		if changed, err := directory.Follow(g, u.Name, coming); err != nil || !changed {
			continue
		}
		waiting = true
		patch := client.MergeFromWithOptions(listed, client.MergeFromWithOptimisticLock{})
		if err := r.client.Patch(ctx, g, patch, object.FieldOwner); err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return err
		}
	}
	if waiting {
		return errPostponed
	}
	return nil
}

// isMember reports whether a group of the directory lists an account by an address.
func isMember(g *v1alpha1.OrgGroup, account, address string) (bool, error) {
	if !directory.KeepsGroup(g) {
		return false, nil
	}
	members, err := directory.Members(g)
	if err != nil {
		return false, err
	}
	for _, m := range members {
		if m.Account == account && emailaddr.Same(m.Address, address) {
			return true, nil
		}
	}
	return false, nil
}
