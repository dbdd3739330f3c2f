// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
)

// maxMessageLength bounds recipients[].message, in bytes.
const maxMessageLength = 1024

// reconcileMessages sets what somebody can do about each recipient.
func (r *Reconciler) reconcileMessages(ctx context.Context, s *scope) (time.Duration, error) {
	var failed []error
	for n := range s.invitation.Status.Recipients {
		recipient := &s.invitation.Status.Recipients[n]
		message, err := r.messageFor(ctx, s, recipient)
		if err != nil {
			failed = append(failed, s.fail(recipient, err))
			continue
		}
		recipient.Message = attempt.Shorten(message, maxMessageLength)
	}
	return 0, errors.Join(failed...)
}

// messageFor returns what somebody can do about a recipient, as a sentence that follows the address. It is empty for most.
func (r *Reconciler) messageFor(ctx context.Context, s *scope, recipient *v1alpha1.RecipientStatus) (string, error) {
	switch {
	case accountRemoved(recipient):
		return fmt.Sprintf("had accepted, but OrgUser %q was deleted since. Unless they are to come back, remove the address from "+
			"spec.emails; to invite them again: %s", recipient.User, inviteAgain(s.invitation, []string{string(recipient.Email)})), nil
	case recipient.State != v1alpha1.RecipientActive && recipient.HeldBy == "" || !s.lists(recipient):
		return "", nil
	}
	user, err := r.accountOf(ctx, s.invitation.Namespace, recipient)
	if err != nil || user == nil || recipient.HeldBy != "" && !effective.IsLimited(user) || acceptedHere(s.invitation, recipient, user) {
		return "", err
	}
	return effective.MemberNotice(user, &s.invitation.Spec), nil
}

// acceptedHere reports whether a user has come by the Invitation. They had what it granted; what has changed since is no concern of it.
func acceptedHere(i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus, user *v1alpha1.OrgUser) bool {
	return recipient.SendCount > 0 && user.Labels[v1alpha1.LabelInvitation] == i.Name
}
