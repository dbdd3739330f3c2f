// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/status"
)

// namesakeRetry is how soon to look again when a namesake or a ledger has changed meanwhile.
const namesakeRetry = 100 * time.Millisecond

// tooEarly reads past the cache before a change that must not follow from what is out of date: an administrator in force
// keeps the role while the ledger names them, or is about to again, and nobody comes into force beside a namesake.
func (r *Reconciler) tooEarly(ctx context.Context, before *v1alpha1.OrgUser, in effective.InForce) (bool, error) {
	if before.Status.Role == v1alpha1.RoleOrganizationAdmin && in.Role != v1alpha1.RoleOrganizationAdmin {
		if in.AwaitingLedger {
			return true, nil // the ledger may let another go because this one acts
		}
		if early, err := r.listed(ctx, before); early || err != nil {
			return early, err
		}
	}
	if !comesIntoForce(&before.Status, in) {
		return false, nil
	}
	err := r.outrank(ctx, before)
	if apierrors.IsConflict(err) {
		return true, nil
	}
	return false, err
}

// outrank writes to all namesakes, which are the users who wish the same address or user name, that this user comes into
// force with it (ORG-28). It does so before the user does come into force. A conflict means that a namesake has changed
// meanwhile and may have come into force first.
//
// What this pass has read of a namesake may be old, and the namesake's own pass, here or under another leader, may be about
// to bring the namesake into force. Writing under the resource version that was read settles it: of the two writes to the
// namesake's status, the later one fails. If that is the write of the namesake's own pass, its next pass knows what this one
// knew, and gives way. A namesake who is declared later finds this user in the cache, which follows the order of the writes,
// and gives way as well.
func (r *Reconciler) outrank(ctx context.Context, u *v1alpha1.OrgUser) error {
	namesakes, err := r.cache.Namesakes(ctx, u)
	if err != nil {
		return err
	}
	for _, other := range namesakes {
		if other.Name == u.Name || !other.DeletionTimestamp.IsZero() {
			continue
		}
		after := other.DeepCopy()
		switch {
		case emailaddr.Same(string(other.Spec.Email), string(u.Spec.Email)):
			addressTaken(after, u.Name)
		case effective.UsernameOf(other) == effective.UsernameOf(u) && !effective.IsLimited(u) && !effective.IsLimited(other):
			usernameTaken(after, u.Name)
		default:
			continue
		}
		if err := client.IgnoreNotFound(r.write(ctx, other, after)); err != nil {
			return err
		}
	}
	return nil
}

// comesIntoForce tells whether a person starts to use an address or a user name.
func comesIntoForce(before *v1alpha1.OrgUserStatus, in effective.InForce) bool {
	using := []v1alpha1.UserState{v1alpha1.UserActive, v1alpha1.UserSuspended}
	return slices.Contains(using, in.State) && (!slices.Contains(using, before.State) || before.Username != in.Username)
}

func addressTaken(u *v1alpha1.OrgUser, by string) {
	status.Stalled(u, v1alpha1.ReasonDuplicateAddress, fmt.Sprintf(
		"user %q has the address %s already: delete one of the two", by, u.Spec.Email))
}

func usernameTaken(u *v1alpha1.OrgUser, by string) {
	status.Stalled(u, v1alpha1.ReasonDuplicateUsername, fmt.Sprintf(
		"user %q has the user name %s already: give one of the two another spec.username", by, effective.UsernameOf(u)))
}
