// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/onboarding"
)

// maxRecipients is how many people an Invitation may have named over time: as many as fit in its status. People who were removed from
// the list are kept, so that their old links stay invalid when they are invited again.
const maxRecipients = 500

// invitee is a person whom the spec names, with their recipient in the status.
type invitee struct {
	addressee emailaddr.Addressee
	recipient *v1alpha1.RecipientStatus
	// resend is true when the person is to be invited again. A person who is invited for the first time in this pass is not.
	resend bool
}

// moves is how many recipients of an Invitation are moved at the same time, because a move mostly waits for the API server.
const moves = 8

// reconcileNamed adds everybody whom the spec names to the recipients, and moves them. A recipient who cannot be moved does not keep
// the others from being moved.
func (r *Reconciler) reconcileNamed(ctx context.Context, s *scope) (time.Duration, error) {
	addRecipients(s)
	r.nameRecipients(s)
	errs := make([]error, len(s.named))
	workqueue.ParallelizeUntil(ctx, moves, len(s.named), func(n int) { errs[n] = r.move(ctx, s, s.named[n], false) })
	var failed []error
	for n, err := range errs {
		if err != nil {
			failed = append(failed, s.fail(s.named[n].recipient, err))
		}
	}
	return 0, errors.Join(failed...)
}

// addRecipients adds people whom the spec names for the first time to the recipients, as long as there is room.
func addRecipients(s *scope) {
	recipients := &s.invitation.Status.Recipients
	index := lookup.RecipientIndex(s.invitation)
	for _, person := range s.people {
		if _, listed := index[emailaddr.Normalize(person.Email)]; !listed && len(*recipients) < maxRecipients {
			*recipients = append(*recipients, v1alpha1.RecipientStatus{
				Email:            v1alpha1.EmailAddress(person.Email),
				OnboardingStatus: v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending},
			})
		}
	}
}

// nameRecipients sets the recipients whom the spec names. A person who was removed and is named again waits like a new one.
func (r *Reconciler) nameRecipients(s *scope) {
	index := lookup.RecipientIndex(s.invitation)
	for _, person := range s.people {
		place, listed := index[emailaddr.Normalize(person.Email)]
		if !listed {
			continue // there was no room
		}
		recipient := &s.invitation.Status.Recipients[place]
		if recipient.State == v1alpha1.RecipientRevoked && recipient.RevocationReason == v1alpha1.RevokedAddressRemoved {
			onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventName, r.subject(s, recipient))
		}
		resend := s.resends(recipient) && onboarding.CanResend(&recipient.OnboardingStatus, s.request.Names(string(recipient.Email)))
		s.named = append(s.named, invitee{addressee: person, recipient: recipient, resend: resend})
	}
}

// move moves a recipient as far as the spec, the clock and the person's OrgUser require; resend invites a person again who has not
// accepted. A recipient who cannot be moved stays as they were, because the status must not claim what did not happen.
func (r *Reconciler) move(ctx context.Context, s *scope, v invitee, resend bool) error {
	before := v.recipient.DeepCopy()
	err := r.moveByUser(ctx, s, v, resend)
	if err != nil {
		*v.recipient = *before
	}
	return err
}

// moveByUser moves a recipient by the state of the OrgUser that has the address.
func (r *Reconciler) moveByUser(ctx context.Context, s *scope, v invitee, resend bool) error {
	i, recipient := s.invitation, v.recipient
	switch {
	case recipient.State == v1alpha1.RecipientActive:
		recipient.HeldBy = ""
		return nil
	case accountRemoved(recipient) && !resend:
		return r.recognizeAgain(ctx, s, recipient)
	case turnedAway(recipient) && !resend:
		if s.resends(recipient) {
			return nil // reconcileResend invites them again with the user that they have
		}
		return r.deletePendingUser(ctx, i, recipient)
	}
	if accountRemoved(recipient) {
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventName, r.subject(s, recipient))
	}
	user, err := r.ensureUser(ctx, s, v, resend)
	if err != nil {
		return err
	}
	recipient.HeldBy = ""
	if user == nil {
		return nil
	}
	if effective.IsAccepted(user) {
		return r.recognize(ctx, s, recipient, user)
	}
	noteUser(recipient, user)
	switch {
	case user.Labels[v1alpha1.LabelInvitation] != i.Name:
		recipient.HeldBy = holderOf(user)
		r.expire(s, recipient)
		return nil
	case !user.DeletionTimestamp.IsZero():
		return nil // when the user is gone, the next pass creates another
	}
	return r.moveOwn(ctx, s, v, user, resend)
}

// moveOwn moves a recipient whose pending user belongs to this Invitation.
func (r *Reconciler) moveOwn(ctx context.Context, s *scope, v invitee, user *v1alpha1.OrgUser, resend bool) error {
	recipient := v.recipient
	switch {
	case effective.IsLimited(user): // somebody made it Limited, and invites the person again by making it Full
		subject := r.subject(s, recipient)
		subject.Reason = v1alpha1.RevokedAccessLimited
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventRevoke, subject)
		return nil
	case recipient.State == v1alpha1.RecipientPending, recipient.State == v1alpha1.RecipientRevoked:
		if !s.authorized {
			return nil // nobody could accept
		}
		if err := r.admit(ctx, s, recipient); err != nil {
			return err
		}
	case resend, requestedByUser(s, recipient, user):
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventResend, r.subject(s, recipient))
	default:
		r.expire(s, recipient)
	}
	if s.authorized { // otherwise the user's request waits
		recipient.ObservedResend = onboarding.ResendOf(user).ObservedForRecipient()
	}
	noteUser(recipient, user)
	if !onboarding.Open(recipient.State) {
		return nil
	}
	return r.follow(ctx, s.invitation, user, v.addressee.Name)
}

// admit invites a recipient, once everything that was declared together with the Invitation is there.
func (r *Reconciler) admit(ctx context.Context, s *scope, recipient *v1alpha1.RecipientStatus) error {
	complete, err := r.cache.ReferencesExist(ctx, s.invitation)
	if err == nil && (complete || r.settling(s.invitation) == 0) {
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventAdmit, r.subject(s, recipient))
	}
	return err
}

// expire ends the invitation of a recipient whose link is no longer valid.
func (r *Reconciler) expire(s *scope, recipient *v1alpha1.RecipientStatus) {
	subject := r.subject(s, recipient)
	if onboarding.Expired(&recipient.OnboardingStatus, subject.Now) {
		onboarding.Apply(&recipient.OnboardingStatus, onboarding.EventExpire, subject)
	}
}

// turnedAway reports whether a recipient was revoked because the inviter was not allowed to give the role when they accepted.
func turnedAway(recipient *v1alpha1.RecipientStatus) bool {
	return recipient.State == v1alpha1.RecipientRevoked && recipient.RevocationReason == v1alpha1.RevokedInviterUnauthorized
}
