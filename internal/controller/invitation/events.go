// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// reasonUserRecreated is the reason of the event about a pending user that somebody deleted while the Invitation names the person.
const reasonUserRecreated = "UserMadeAgain"

// writeStatus writes the status, and afterwards emits events about what happened. Users were recreated even if the status could not be
// written.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope) error {
	wrote, err := status.Write(ctx, r.client, s.before, s.invitation)
	for _, user := range s.recreated {
		r.recorder.Eventf(s.invitation, user, corev1.EventTypeWarning, reasonUserRecreated, "Reconcile", "the pending OrgUser %s was "+
			"deleted and Usher recreated it, because spec.emails names %s: remove the address there", user.Name, effective.EmailOf(user))
	}
	if err == nil && wrote {
		emitStanding(r.recorder, s.before, s.invitation)
	}
	return err
}

// emitStanding emits an event if the conditions say something new: what is wrong, that a budget is reached, that the platform's mail server
// has begun to refuse mails, or who is in which state once all are invited. The answers that come in later are events of the OrgUsers:
// here they would be as many as there are people.
func emitStanding(recorder events.EventRecorder, before, after *v1alpha1.Invitation) {
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || was != nil && was.Message == ready.Message && was.Reason == ready.Reason {
		return
	}
	switch {
	case meta.IsStatusConditionTrue(after.Status.Conditions, v1alpha1.ConditionStalled):
		recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case ready.Reason == v1alpha1.ReasonBudgetReached && (was == nil || was.Reason != ready.Reason):
		recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case awaitsPlatform(ready) && !awaitsPlatform(was):
		recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case ready.Status == metav1.ConditionTrue && (was == nil || isInviting(before)):
		recorder.Eventf(after, nil, corev1.EventTypeNormal, ready.Reason, "Reconcile", "%s", ready.Message)
	}
}

// isInviting reports whether somebody has yet to be invited. The mails that follow an answer do not count.
func isInviting(i *v1alpha1.Invitation) bool {
	return slices.ContainsFunc(i.Status.Recipients, func(r v1alpha1.RecipientStatus) bool {
		return r.State == v1alpha1.RecipientPending ||
			r.State == v1alpha1.RecipientInvited && r.Mail != nil && r.Mail.State == v1alpha1.MailQueued
	})
}

// awaitsPlatform reports whether a condition says that the platform's mail server is the trouble.
func awaitsPlatform(c *metav1.Condition) bool {
	return c != nil && strings.Contains(c.Message, onboarding.PlatformTrouble)
}
