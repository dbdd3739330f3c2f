// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/requeue"
)

// reconcileOnboarding moves the onboarding of a person who is declared without an Invitation on.
func (r *Reconciler) reconcileOnboarding(ctx context.Context, s *scope) error {
	wait, err := r.settling(ctx, &s.facts)
	if err != nil {
		return err
	}
	if wait == 0 {
		wait = r.moveOnboarding(&s.facts)
	}
	s.wait = attempt.Lowest(s.wait, wait)
	return nil
}

// settling returns how long the first mail to a person waits for what it names, and what may be declared together with the user: the
// inviter, and the workspaces.
func (r *Reconciler) settling(ctx context.Context, f *effective.UserFacts) (time.Duration, error) {
	u := f.User
	wait := requeue.Settling(u, r.settleDelay, r.now())
	if wait <= 0 || u.Status.Onboarding != nil || !hostsOnboarding(u) {
		return 0, nil
	}
	inviter, err := r.cache.InviterOf(ctx, u)
	if err != nil || len(effective.UserInForce(*f).MissingWorkspaces) == 0 && (u.Spec.InvitedBy == "" || inviter != "") {
		return 0, err
	}
	return wait, nil
}

// moveOnboarding moves a person's onboarding on, and returns how long until time alone calls for the next move.
func (r *Reconciler) moveOnboarding(f *effective.UserFacts) time.Duration {
	u := f.User
	if effective.IsLimited(u) {
		r.revokeInvitation(f)
		return 0
	}
	if !hostsOnboarding(u) || f.Organization == nil || f.AddressOwner != "" {
		return 0
	}
	o := u.Status.Onboarding
	if effective.IsAccepted(u) {
		if o != nil && !u.Spec.Suspend {
			onboarding.Apply(o, onboarding.EventReactivate, r.subject(f.Organization, effective.UIDOf(u), string(effective.EmailOf(u))))
		}
		return 0
	}
	request := onboarding.ResendOf(u)
	resend := request.Requested(u.Status.ObservedResend) && request.Concerns(string(effective.EmailOf(u)))
	u.Status.ObservedResend = request.Observed()
	if o == nil {
		o, resend = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending}, false
	}
	subject := r.subject(f.Organization, effective.UIDOf(u), string(effective.EmailOf(u)))
	onboarding.Apply(o, onboarding.EventAdmit, subject)
	switch {
	case resend:
		onboarding.Apply(o, onboarding.EventResend, subject)
	case onboarding.Expired(o, subject.Now):
		onboarding.Apply(o, onboarding.EventExpire, subject)
	}
	u.Status.Onboarding, f.Onboarding = o, o
	return onboarding.Wait(o, subject.Now)
}

// revokeInvitation revokes what was sent to a person whose account became Limited before they accepted: the link becomes invalid.
// If the account is made Full again, the person is invited anew.
func (r *Reconciler) revokeInvitation(f *effective.UserFacts) {
	u := f.User
	if u.Labels[v1alpha1.LabelInvitation] != "" || f.Organization == nil || u.Status.Onboarding == nil {
		return
	}
	subject := r.subject(f.Organization, effective.UIDOf(u), string(effective.EmailOf(u)))
	subject.Reason = v1alpha1.RevokedAccessLimited
	onboarding.Apply(u.Status.Onboarding, onboarding.EventRevoke, subject)
}

func (r *Reconciler) subject(o *v1alpha1.Organization, host types.UID, email string) onboarding.Subject {
	return onboarding.Subject{
		UID: host, Email: email, Now: r.now(), Validity: effective.ValidityOf(o), MailDomain: r.mailDomain,
	}
}

// hostsOnboarding reports whether a person's onboarding is kept in the OrgUser's own status: the person is invited, but not by an
// Invitation.
func hostsOnboarding(u *v1alpha1.OrgUser) bool {
	return u.Spec.Onboarding != v1alpha1.OnboardingNone && u.Labels[v1alpha1.LabelInvitation] == "" &&
		!effective.IsLimited(u) && u.DeletionTimestamp.IsZero()
}
