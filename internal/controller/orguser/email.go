// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// reconcileEmail moves a change of the address on: it asks the person to confirm, and puts the address in force once they have. Until
// then, the former address is in force, and with it all that follows from it.
func (r *Reconciler) reconcileEmail(ctx context.Context, s *scope) error {
	u := s.user
	if !effective.ChangesEmail(u) || effective.AwaitsInvitee(u) {
		u.Status.EmailChange = nil
		return nil
	}
	if s.facts.Organization == nil || !u.DeletionTimestamp.IsZero() {
		return nil
	}
	r.requestEmail(s)
	var err error
	if s.emailHolder, err = r.cache.EmailHolder(ctx, u); err != nil {
		return err
	}
	c := u.Status.EmailChange
	if c.ConfirmationTime != nil && s.emailHolder == "" {
		return r.moveEmail(ctx, s)
	}
	if awaited := onboarding.ConfirmationOf(c); awaited != nil {
		if s.linkExpired = onboarding.Expired(awaited, r.now()); !s.linkExpired {
			s.wait = onboarding.Wait(awaited, r.now())
		}
	}
	return nil
}

// requestEmail records the requested address, and asks the person to confirm it, or asks again.
func (r *Reconciler) requestEmail(s *scope) {
	u := s.user
	confirm := effective.ConfirmsEmail(u)
	subject := r.subject(s.facts.Organization, effective.UIDOf(u), string(u.Spec.Email))
	c := u.Status.EmailChange
	switch {
	case c == nil || !emailaddr.Same(string(c.Email), string(u.Spec.Email)):
		u.Status.EmailChange = onboarding.RequestEmailChange(subject, u.Generation, confirm)
	case c.ConfirmationTime != nil:
	case !confirm:
		claimed := c.RequestTime
		u.Status.EmailChange = onboarding.RequestEmailChange(subject, c.Generation, false)
		u.Status.EmailChange.RequestTime = claimed
	case onboarding.ResendOf(u).Requested(u.Status.ObservedResend) && onboarding.ResendOf(u).Concerns(string(u.Spec.Email)):
		onboarding.AskAgain(c, subject)
	}
	if effective.IsAccepted(u) {
		u.Status.ObservedResend = onboarding.ResendOf(u).Observed()
	}
}

// moveEmail puts the requested address in force. The pass ends with that: the next one finds what follows from the new address. Other
// users who request it are stalled first. Their passes have known of the claim since it was written, long before, so none of them comes
// into force meanwhile.
func (r *Reconciler) moveEmail(ctx context.Context, s *scope) error {
	u := s.user
	if err := r.followInGroups(ctx, u); err != nil {
		return err
	}
	former := emailaddr.Normalize(string(effective.EmailOf(u)))
	out := &u.Status
	out.Email, out.EmailChange = emailaddr.Normalize(string(u.Spec.Email)), nil
	out.FormerEmails = append(slices.DeleteFunc(out.FormerEmails, func(e string) bool { return e == former || e == out.Email }), former)
	out.FormerEmails = out.FormerEmails[max(0, len(out.FormerEmails)-maxFormerEmails):]
	if out.UsernameSource == v1alpha1.UsernameFromAddress {
		out.UsernameSource = "" // the user name follows the address
	}
	if o := out.Onboarding; o != nil && !effective.IsAccepted(u) {
		onboarding.Apply(o, onboarding.EventResend, r.subject(s.facts.Organization, effective.UIDOf(u), string(u.Spec.Email)))
	}
	status.Progressing(u, v1alpha1.ReasonReconciling, newAddressComing)
	err := r.stallDuplicates(ctx, u)
	if apierrors.IsConflict(err) {
		return errPostponed
	}
	if err == nil {
		err = r.writeStatus(ctx, s)
	}
	if err != nil {
		return err
	}
	return errPostponed
}

const newAddressComing = "the new address is coming into force"

// maxFormerEmails is how many former addresses the status keeps.
const maxFormerEmails = 8
