// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/status"
)

// claimIdentity makes sure that a user who comes into force is the only one with the address and the user name (ORG-28): it
// stalls the user's duplicates before the user does come into force.
func (r *Reconciler) claimIdentity(ctx context.Context, s *scope) error {
	if !takesIdentity(&s.before.Status, s.in) {
		return nil
	}
	err := r.stallDuplicates(ctx, s.before)
	if apierrors.IsConflict(err) {
		return errPostponed // a duplicate has changed meanwhile, and may have come into force first
	}
	return err
}

// takesIdentity reports whether a person starts to use an address or a user name.
func takesIdentity(before *v1alpha1.OrgUserStatus, in effective.InForce) bool {
	using := []v1alpha1.UserState{v1alpha1.UserActive, v1alpha1.UserSuspended}
	return slices.Contains(using, in.State) && (!slices.Contains(using, before.State) || before.Username != in.Username)
}

// stallDuplicates writes to all duplicates, which are the users who request the same address or user name, that this user has it.
// A conflict means that a duplicate has changed meanwhile.
//
// What this pass has read of a duplicate may be old, and the duplicate's own pass, here or under another leader, may be about
// to bring the duplicate into force. Writing under the resource version that was read settles it: of the two writes to the
// duplicate's status, the later one fails. If that is the write of the duplicate's own pass, its next pass knows what this one
// knew, and gives way. A duplicate that is declared later finds this user in the cache, which follows the order of the writes,
// and gives way as well.
func (r *Reconciler) stallDuplicates(ctx context.Context, u *v1alpha1.OrgUser) error {
	duplicates, err := r.cache.UsersByIdentity(ctx, u)
	if err != nil {
		return err
	}
	names := r.cache.Usernames()
	for _, other := range duplicates {
		if other.Name == u.Name || !other.DeletionTimestamp.IsZero() {
			continue
		}
		after := other.DeepCopy()
		switch {
		case emailaddr.Same(string(effective.EmailOf(other)), string(effective.EmailOf(u))):
			setAddressTaken(after, u.Name)
		case names.Of(other) == names.Of(u) && !effective.IsLimited(u) && !effective.IsLimited(other):
			setUsernameTaken(after, names.Of(after), u.Name)
		default:
			continue
		}
		if err := client.IgnoreNotFound(r.write(ctx, other, after)); err != nil {
			return err
		}
	}
	return nil
}

func setAddressTaken(u *v1alpha1.OrgUser, by string) {
	status.Stalled(u, v1alpha1.ReasonDuplicateAddress, fmt.Sprintf(
		"user %q already has the address %s: delete one of the two users", by, effective.EmailOf(u)))
}

// setAwaitingAddress says how a user stands whose address another one has in force. One who is to take over from an administrator is
// Ready: it is for somebody else to delete the former one, who may wait until this one is.
func setAwaitingAddress(u *v1alpha1.OrgUser, f effective.UserFacts) {
	switch {
	case f.TakesOver && !f.OwnerLeaves:
		status.Ready(u, v1alpha1.ReasonAwaitingHandover, fmt.Sprintf(
			"user %q has the address %s and is an administrator in force; this user takes over when that one is deleted: delete one of "+
				"the two users", f.AddressOwner, effective.EmailOf(u)))
	case f.TakesOver:
		status.Progressing(u, v1alpha1.ReasonAwaitingHandover, fmt.Sprintf(
			"taking over from user %q, which is being deleted", f.AddressOwner))
	case f.OwnerLeaves:
		status.Progressing(u, v1alpha1.ReasonDuplicateAddress, fmt.Sprintf(
			"user %q, which is being deleted, still has the address %s: this user follows when that one is gone",
			f.AddressOwner, effective.EmailOf(u)))
	default:
		setAddressTaken(u, f.AddressOwner)
	}
}

func setUsernameTaken(u *v1alpha1.OrgUser, name, by string) {
	status.Stalled(u, v1alpha1.ReasonDuplicateUsername, fmt.Sprintf(
		"user %q already has the Kubernetes user name %s: set another spec.username on one of the two users", by, name))
}
