// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// scope is what one pass knows about an Invitation.
type scope struct {
	invitation *v1alpha1.Invitation
	// before is the Invitation as it was read.
	before *v1alpha1.Invitation
	// organization is nil if there is none, or it is being deleted.
	organization *v1alpha1.Organization
	// people are those whom spec.emails names; malformed is what is wrong with it.
	people    []emailaddr.Addressee
	malformed error
	// listed are their addresses in the normal form.
	listed map[string]bool
	// authorized is true when the inviter may give the role.
	authorized bool
	// request is what the annotation requests. Resend is true when it has not been acted on. Without an authorized inviter it waits.
	request onboarding.Resend
	resend  bool

	// named are the recipients whom the spec names, filled by reconcileNamed.
	named []invitee
	// removed is true when this pass has found that the OrgUser of somebody who had accepted is gone.
	removed bool
	// recreated are the pending users that were deleted and that this pass recreated. Mu guards them, since recipients are
	// moved at the same time.
	mu        sync.Mutex
	recreated []*v1alpha1.OrgUser
	// failures say which recipients could not be moved, and why. Transient is true when some could not for a reason that passes by
	// itself.
	failures  []string
	transient bool
}

// newScope reads what the pass needs from the cache. It also notes with whose authority people are invited, which decides
// whether the inviter may give the role.
func (r *Reconciler) newScope(ctx context.Context, i *v1alpha1.Invitation) (*scope, error) {
	s := &scope{invitation: i, before: i.DeepCopy()}
	effective.RecordIdentity(i)
	s.people, s.malformed = emailaddr.ParseList(i.Spec.Emails)
	s.listed = make(map[string]bool, len(s.people))
	for _, person := range s.people {
		s.listed[emailaddr.Normalize(person.Email)] = true
	}
	o, err := r.cache.Organization(ctx, i.Namespace)
	if err != nil {
		return nil, err
	}
	if o == nil || !o.DeletionTimestamp.IsZero() {
		return s, nil
	}
	s.organization = o
	if s.hasObstacle() {
		return s, nil
	}
	if i.Status.InviterKind, err = r.cache.InviterKind(ctx, i); err != nil {
		return nil, err
	}
	if s.authorized, err = r.cache.InviterAuthorized(ctx, i); err != nil {
		return nil, err
	}
	s.request = onboarding.ResendOf(i)
	s.resend = s.authorized && len(i.Status.Recipients) > 0 && s.request.Requested(i.Status.ObservedResend)
	return s, nil
}

// hasObstacle reports whether something keeps all recipients from being moved.
func (s *scope) hasObstacle() bool { return s.organization == nil || s.malformed != nil }

// lists reports whether the spec names a recipient.
func (s *scope) lists(recipient *v1alpha1.RecipientStatus) bool {
	return s.listed[emailaddr.Normalize(string(recipient.Email))]
}

// resends reports whether a recipient whom the spec names is concerned by a request to invite again.
func (s *scope) resends(recipient *v1alpha1.RecipientStatus) bool {
	return s.resend && s.lists(recipient) && s.request.Concerns(string(recipient.Email))
}

// setObstacle says what keeps all recipients from being moved.
func (s *scope) setObstacle() {
	if s.organization == nil {
		status.Progressing(s.invitation, v1alpha1.ReasonOrganizationNotFound, wording.NoOrganization(s.invitation.Namespace))
		return
	}
	status.Stalled(s.invitation, v1alpha1.ReasonInvalidAddress, "spec.emails: "+s.malformed.Error())
}

// maxFailureLength bounds what the conditions say about one recipient's failure, in bytes.
const maxFailureLength = 512

// fail notes that a recipient could not be moved, and returns the error of the pass. What passes by itself is not worth a condition:
// it only needs another pass.
func (s *scope) fail(recipient *v1alpha1.RecipientStatus, err error) error {
	if requeue.IsTransient(err) {
		s.transient = true
	} else {
		s.failures = append(s.failures, fmt.Sprintf("%s (%s)", recipient.Email, attempt.Shorten(err.Error(), maxFailureLength)))
	}
	return fmt.Errorf("recipient %s: %w", recipient.Email, err)
}

// noteRecreated notes a pending user that was deleted and that this pass recreated.
func (s *scope) noteRecreated(user *v1alpha1.OrgUser) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recreated = append(s.recreated, user)
}

// awaitNextMove returns how long until time alone moves a recipient.
func (r *Reconciler) awaitNextMove(_ context.Context, s *scope) (time.Duration, error) {
	wait := r.settling(s.invitation)
	for n := range s.invitation.Status.Recipients {
		wait = attempt.Lowest(wait, onboarding.Wait(&s.invitation.Status.Recipients[n].OnboardingStatus, r.now()))
	}
	return wait, nil
}

// settling returns how long what was declared together with the Invitation still has to arrive.
func (r *Reconciler) settling(i *v1alpha1.Invitation) time.Duration {
	return requeue.Settling(i, r.settleDelay, r.now())
}

// subject returns the person of a transition.
func (r *Reconciler) subject(s *scope, recipient *v1alpha1.RecipientStatus) onboarding.Subject {
	return onboarding.Subject{
		UID: effective.UIDOf(s.invitation), Email: string(recipient.Email), Now: r.now(), Validity: effective.ValidityOf(s.organization),
		MailDomain: r.mailDomain,
	}
}
