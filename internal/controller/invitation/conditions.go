// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// setConditions sets the counts and the conditions. Failures say which recipients could not be moved, and why; what somebody has to
// change comes first.
func setConditions(i *v1alpha1.Invitation, authorized bool, failures []string) {
	t := tallyOf(i)
	i.Status.Summary = t.summary()
	t.failures = failures
	standing := t.standing()
	switch {
	case !authorized && t.pending > 0:
		status.Stalled(i, v1alpha1.ReasonInviterUnauthorized, t.unauthorized(i)+"; "+standing)
	case t.budgeted > 0 && t.platformError == "" && len(failures) == 0:
		status.Progressing(i, v1alpha1.ReasonBudgetReached, t.underway()+"; "+standing)
	case t.budgeted+t.queued+t.waiting > 0 && len(failures) == 0:
		status.Progressing(i, v1alpha1.ReasonAwaitingMail, t.underway()+"; "+standing)
	case len(i.Status.Recipients) >= maxRecipients && omitsSomebody(i):
		status.Stalled(i, v1alpha1.ReasonTooManyRecipients, fmt.Sprintf("this Invitation has named %d addresses over time, which is "+
			"the maximum: put further addresses in another Invitation; %s", len(i.Status.Recipients), standing))
	case len(t.refused) > 0:
		again := inviteAgain(i, t.by[v1alpha1.RecipientUndeliverable])
		status.Stalled(i, v1alpha1.ReasonUndeliverable, fmt.Sprintf("the mail server refuses %s: correct spec.emails or, once the server "+
			"takes the mail, send it again: %s; %s", wording.Some(t.refused), again, standing))
	case len(t.turnedAway) > 0 && !authorized:
		status.Stalled(i, v1alpha1.ReasonInviterUnauthorized, t.unauthorized(i)+"; "+standing)
	case len(t.turnedAway) > 0:
		status.Stalled(i, v1alpha1.ReasonInviterUnauthorized, t.turnedAwayBefore(i)+"; "+standing)
	case len(failures) > 0:
		status.Progressing(i, v1alpha1.ReasonFailed, standing)
	default:
		t.setSettled(i, standing)
	}
}

// setSettled sets the conditions of an Invitation for which nothing is left to do. What it does not give comes first.
func (t *tally) setSettled(i *v1alpha1.Invitation, standing string) {
	switch {
	case len(t.held) > 0:
		status.Ready(i, v1alpha1.ReasonAddressHeld, fmt.Sprintf("%s; already invited by another object: %s. This Invitation invites "+
			"them when that object is deleted or gives the address up", standing, wording.Some(t.held)))
	case t.limited > 0:
		status.Ready(i, v1alpha1.ReasonAddressHeld, standing)
	case t.removed > 0:
		status.Ready(i, v1alpha1.ReasonAccountRemoved, standing)
	case t.members > 0:
		status.Ready(i, v1alpha1.ReasonAlreadyMember, standing)
	default:
		status.Ready(i, v1alpha1.ReasonReady, standing)
	}
}

// refreshConditions sets the counts and the conditions after mails were sent. It leaves the conditions to the Reconciler, to which
// the write of the status leads, if they say more than the recipients do, or if the Reconciler has not observed the newest spec.
func refreshConditions(i *v1alpha1.Invitation, authorized bool) {
	if i.Status.ObservedGeneration == i.Generation && !reportsObstacle(i) {
		setConditions(i, authorized, nil)
		return
	}
	t := tallyOf(i)
	i.Status.Summary = t.summary()
}

// reportsObstacle reports whether the conditions say what keeps recipients from being moved.
func reportsObstacle(i *v1alpha1.Invitation) bool {
	ready := meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && slices.Contains([]string{
		v1alpha1.ReasonFailed, v1alpha1.ReasonInvalidAddress, v1alpha1.ReasonOrganizationNotFound,
	}, ready.Reason)
}

// omitsSomebody reports whether the spec names somebody who is not among the recipients.
func omitsSomebody(i *v1alpha1.Invitation) bool {
	people, _ := emailaddr.ParseList(i.Spec.Emails) // a malformed list has a condition of its own
	index := lookup.RecipientIndex(i)
	return slices.ContainsFunc(people, func(p emailaddr.Addressee) bool {
		_, listed := index[emailaddr.Normalize(p.Email)]
		return !listed
	})
}
