// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
)

// reconcileRemoved withdraws the invitation from everybody whom the spec no longer names: their link becomes invalid, and the pending
// user is deleted. People who have accepted stay, as long as they are users. The link becomes invalid even if the user cannot be deleted;
// the next pass deletes the user.
func (r *Reconciler) reconcileRemoved(ctx context.Context, s *scope) (time.Duration, error) {
	var failed []error
	for n := range s.invitation.Status.Recipients {
		recipient := &s.invitation.Status.Recipients[n]
		if s.lists(recipient) {
			continue
		}
		recipient.HeldBy = ""
		subject := r.subject(s, recipient)
		subject.Reason = v1alpha1.RevokedAddressRemoved
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventRevoke, subject)
		if recipient.State != v1alpha1.RecipientRevoked {
			continue
		}
		recipient.RevocationReason = v1alpha1.RevokedAddressRemoved
		if err := r.deletePendingUser(ctx, s.invitation, recipient); err != nil {
			failed = append(failed, s.fail(recipient, err))
		}
	}
	return 0, errors.Join(failed...)
}

// deletePendingUser deletes the user that was created for a recipient, unless the user outlives the Invitation.
func (r *Reconciler) deletePendingUser(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus) error {
	user, err := r.cache.AccountOf(ctx, i.Namespace, recipient)
	if err != nil || user == nil || outlivesInvitation(user) || user.Labels[v1alpha1.LabelInvitation] != i.Name {
		return err
	}
	return r.deleteUser(ctx, user)
}

// deleteDuplicates deletes the pending users of the Invitation that have the address of another user.
func (r *Reconciler) deleteDuplicates(ctx context.Context, i *v1alpha1.Invitation, user *v1alpha1.OrgUser) error {
	users, err := r.cache.UsersByEmail(ctx, i.Namespace, string(effective.EmailOf(user)))
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Name != user.Name && u.Labels[v1alpha1.LabelInvitation] == i.Name && !effective.IsAccepted(u) {
			if err := r.deleteUser(ctx, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// outlivesInvitation reports whether a user stays when the Invitation that created it is deleted.
func outlivesInvitation(u *v1alpha1.OrgUser) bool {
	return effective.IsAccepted(u) || effective.IsLimited(u)
}

func (r *Reconciler) deleteUser(ctx context.Context, u *v1alpha1.OrgUser) error {
	if !u.DeletionTimestamp.IsZero() {
		return nil
	}
	return client.IgnoreNotFound(r.client.Delete(ctx, u, client.Preconditions{UID: new(u.UID)}))
}
