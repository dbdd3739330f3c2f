// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// setEmailChange says why the address that a user requests is not in force.
func setEmailChange(u *v1alpha1.OrgUser, holder string, expired bool) {
	c, stays := u.Status.EmailChange, fmt.Sprintf("the address %s stays in force", effective.EmailOf(u))
	back := fmt.Sprintf("set spec.email back to %s", effective.EmailOf(u))
	switch {
	case effective.AwaitsInvitee(u):
		status.Stalled(u, v1alpha1.ReasonAddressNotConfirmed, fmt.Sprintf(
			"%s, because the Invitation %q invites it: name %s there, and %s here",
			stays, u.Labels[v1alpha1.LabelInvitation], u.Spec.Email, back))
	case holder != "":
		status.Stalled(u, v1alpha1.ReasonDuplicateAddress, fmt.Sprintf("user %q already has or has claimed the address %s, so %s: %s, or "+
			"delete the other user", holder, u.Spec.Email, stays, back))
	case c == nil || c.ConfirmationTime != nil:
		status.Progressing(u, v1alpha1.ReasonReconciling, newAddressComing)
	case expired:
		status.Stalled(u, v1alpha1.ReasonAddressNotConfirmed, fmt.Sprintf("%s, because %s was not confirmed in time: send the mail again "+
			"with the annotation %s, or %s", stays, c.Email, v1alpha1.AnnotationResend, back))
	default:
		setConfirmationMail(u, stays, back)
	}
}

// setConfirmationMail says how far the mail is that asks the person to confirm.
func setConfirmationMail(u *v1alpha1.OrgUser, stays, back string) {
	c := u.Status.EmailChange
	switch o := onboarding.ConfirmationOf(c); {
	case onboarding.AwaitsPlatform(o):
		status.Progressing(u, v1alpha1.ReasonAwaitingMail, fmt.Sprintf("a mail is waiting to be sent, %s (last error: %s)",
			onboarding.PlatformTrouble, c.Mail.LastError))
	case onboarding.AwaitsBudget(o):
		status.Progressing(u, v1alpha1.ReasonBudgetReached, wording.AwaitingBudget(1, o.Mail.Budget, o.Mail.NextAttemptTime.Time))
	case c.Mail != nil && c.Mail.State == v1alpha1.MailFailed:
		status.Stalled(u, v1alpha1.ReasonAddressNotConfirmed, fmt.Sprintf("%s, because the mail server refuses mail to %s (%s): set "+
			"another spec.email, or %s", stays, c.Email, c.Mail.LastError, back))
	default:
		status.Ready(u, v1alpha1.ReasonAwaitingConfirmation, fmt.Sprintf(
			"%s until the person confirms %s by the link in the mail to it. To cancel, %s", stays, c.Email, back))
	}
}
