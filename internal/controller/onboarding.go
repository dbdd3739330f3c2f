// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/policy"
)

// onboard moves a person who is declared without an Invitation, and gives how long until time alone moves on.
func (r *orgUserReconciler) onboard(f *policy.UserFacts) time.Duration {
	u := f.User
	if policy.IsLimited(u) {
		r.takeBack(f)
		return 0
	}
	if !hostsOnboarding(u) || f.Organization == nil || f.Elder != "" {
		return 0
	}
	o := u.Status.Onboarding
	if isAccepted(u) {
		return 0
	}
	resend := resendWanted(u, &u.Status.ObservedResend)
	if o == nil {
		o, resend = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientPending}, false
	}
	subject := r.subject(f.Organization, u.UID, string(u.Spec.Email))
	invitation.Apply(o, invitation.EventAdmit, subject)
	switch {
	case resend:
		invitation.Apply(o, invitation.EventResend, subject)
	case invitation.Expired(o, subject.Now):
		invitation.Apply(o, invitation.EventExpire, subject)
	}
	u.Status.Onboarding, f.Onboarding = o, o
	return invitation.Wait(o, subject.Now)
}

// takeBack revokes what was sent to somebody who is Limited before having accepted: the link is dead. Made Full again, the
// person is invited anew.
func (r *orgUserReconciler) takeBack(f *policy.UserFacts) {
	u := f.User
	if u.Labels[v1alpha1.LabelInvitation] != "" || f.Organization == nil || u.Status.Onboarding == nil {
		return
	}
	subject := r.subject(f.Organization, u.UID, string(u.Spec.Email))
	subject.Reason = v1alpha1.RevokedAccessLimited
	invitation.Apply(u.Status.Onboarding, invitation.EventRevoke, subject)
}

func (d Dependencies) subject(o *v1alpha1.Organization, host types.UID, email string) invitation.Subject {
	return invitation.Subject{
		UID: host, Email: email, Now: d.Now(), Validity: policy.ValidityOf(o), MailDomain: d.MailDomain,
	}
}

func hostsOnboarding(u *v1alpha1.OrgUser) bool {
	return u.Spec.Onboarding != v1alpha1.OnboardingNone && u.Labels[v1alpha1.LabelInvitation] == "" &&
		!policy.IsLimited(u) && u.DeletionTimestamp.IsZero()
}
