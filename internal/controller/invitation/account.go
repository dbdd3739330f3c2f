// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
)

// reconcileAccounts follows the OrgUsers of the people who have accepted: if a person's OrgUser is gone, they are revoked, and are not
// invited again unless somebody requests it.
func (r *Reconciler) reconcileAccounts(ctx context.Context, s *scope) (time.Duration, error) {
	var failed []error
	for n := range s.invitation.Status.Recipients {
		recipient := &s.invitation.Status.Recipients[n]
		if recipient.State != v1alpha1.RecipientActive {
			continue
		}
		user, err := r.acceptedUser(ctx, s, recipient)
		switch {
		case err != nil:
			failed = append(failed, s.fail(recipient, err))
		case user != nil:
			recipient.User = user.Name
			r.noteAccount(s, recipient, user)
		default:
			subject := r.subject(s, recipient)
			subject.Reason = v1alpha1.RevokedAccountRemoved
			onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventRemove, subject)
			s.removed = true
		}
	}
	return 0, errors.Join(failed...)
}

// noteAccount records the account of a person who has accepted, and welcomes a person who is no longer suspended.
func (r *Reconciler) noteAccount(s *scope, recipient *v1alpha1.RecipientStatus, user *v1alpha1.OrgUser) {
	if !effective.IsAccountOf(user, recipient) {
		return
	}
	if recipient.UserUID == "" {
		recipient.UserUID = string(effective.UIDOf(user))
	}
	if !user.Spec.Suspend {
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventReactivate, r.subject(s, recipient))
	}
}

// acceptedUser returns the OrgUser of a person who has accepted; nil: it is gone, or on its way out. The account that accepted is theirs
// under whatever address it has by now.
//
// The cache may not show a user yet, so the API server is asked before the person counts as removed. It may also still show a user who
// is gone: when people are to be invited again, the API server is asked as well, because the request is observed only once.
func (r *Reconciler) acceptedUser(ctx context.Context, s *scope, recipient *v1alpha1.RecipientStatus) (*v1alpha1.OrgUser, error) {
	users, err := r.cache.UsersByEmail(ctx, s.invitation.Namespace, string(recipient.Email))
	if err != nil {
		return nil, err
	}
	account, err := r.cache.AccountOf(ctx, s.invitation.Namespace, recipient)
	if err != nil {
		return nil, err
	}
	if account != nil {
		users = []*v1alpha1.OrgUser{account}
	}
	users = slices.DeleteFunc(users, func(u *v1alpha1.OrgUser) bool { return !isUserSince(s.invitation, u) })
	name := recipient.User
	if len(users) > 0 {
		user := slices.MinFunc(users, effective.ByPrecedence)
		if !s.resends(recipient) {
			return user, nil
		}
		name = user.Name
	}
	if name == "" {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	live, err := r.api.User(ctx, s.invitation.Namespace, name)
	if err != nil || live == nil || !isUserSince(s.invitation, live) ||
		!emailaddr.Same(string(effective.EmailOf(live)), string(recipient.Email)) && !effective.IsAccountOf(live, recipient) {
		return nil, err
	}
	return live, nil
}

// isUserSince reports whether a user can be the account of a person who has accepted: one who has accepted, wherever that was, or the
// Invitation's own, whom the acceptance has not reached yet.
func isUserSince(i *v1alpha1.Invitation, u *v1alpha1.OrgUser) bool {
	return !effective.IsLeaving(u) && (effective.IsAccepted(u) || u.Labels[v1alpha1.LabelInvitation] == i.Name)
}

// recognizeAgain makes a person Active again whose OrgUser was deleted and who has got another one since. Without one, they stay as
// they are.
func (r *Reconciler) recognizeAgain(ctx context.Context, s *scope, recipient *v1alpha1.RecipientStatus) error {
	recipient.HeldBy = ""
	user, err := r.accountOf(ctx, s.invitation.Namespace, recipient)
	if err != nil || user == nil || !effective.IsAccepted(user) {
		return err
	}
	return r.recognize(ctx, s, recipient, user)
}

// recognize makes a person Active who is a user already. A user who is being deleted does not count, nor one whom only the cache still
// shows: the person would be revoked at once when the user is gone, although they were named. They wait instead; the deletion leads to
// the next pass.
func (r *Reconciler) recognize(ctx context.Context, s *scope, recipient *v1alpha1.RecipientStatus, user *v1alpha1.OrgUser) error {
	live, err := r.api.User(ctx, user.Namespace, user.Name)
	if err != nil {
		return err
	}
	if live == nil || live.UID != user.UID || !live.DeletionTimestamp.IsZero() {
		r.expire(s, recipient)
		return nil
	}
	noteUser(recipient, user)
	onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventRecognize, r.subject(s, recipient))
	return r.deleteDuplicates(ctx, s.invitation, user)
}

// noteUser records a recipient's user. A person who has accepted before, and was not invited anew since, keeps the UID of the account
// that accepted: the link of that time must not lead to a later one.
func noteUser(recipient *v1alpha1.RecipientStatus, user *v1alpha1.OrgUser) {
	recipient.User = user.Name
	if recipient.AcceptanceTime == nil {
		recipient.UserUID = string(effective.UIDOf(user))
	}
}

// accountRemoved reports whether a recipient was revoked because their OrgUser was deleted after they had accepted.
func accountRemoved(recipient *v1alpha1.RecipientStatus) bool {
	return recipient.State == v1alpha1.RecipientRevoked && recipient.RevocationReason == v1alpha1.RevokedAccountRemoved
}
