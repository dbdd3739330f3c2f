// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/status"
)

// writeStatus writes the status of the pass's own user.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope) error {
	err := r.write(ctx, s.before, s.user)
	s.writeFailed = err != nil
	return err
}

// write writes the status of a user, and emits an event about what changed once it is written.
func (r *Reconciler) write(ctx context.Context, before, after *v1alpha1.OrgUser) error {
	wrote, err := status.Write(ctx, r.client, before, after)
	if err != nil || !wrote {
		return err
	}
	r.written.Note(after)
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case isStalled(after) && !isStalled(before):
		r.recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case awaitsPlatform(ready) && !awaitsPlatform(was) && hostsOnboarding(after): // for others, the Invitation has the event
		r.recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case ready.Reason == v1alpha1.ReasonBudgetReached && (was == nil || was.Reason != ready.Reason):
		r.recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	case before.Status.State != "" && before.Status.State != after.Status.State && isEventful(after.Status.State):
		r.recorder.Eventf(after, nil, corev1.EventTypeNormal, string(after.Status.State), "Reconcile",
			"%s is %s", effective.EmailOf(after), after.Status.State)
	}
	return nil
}

// isEventful reports whether a state that somebody has come into is worth an event. The first state of a declared account is none: it
// follows from the manifest, and a restored cluster would have an event for each of its people. Nobody reads the events of an object that
// is being deleted.
func isEventful(state v1alpha1.UserState) bool {
	return state == v1alpha1.UserActive || state == v1alpha1.UserSuspended
}

func isStalled(u *v1alpha1.OrgUser) bool {
	return meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionStalled)
}

// awaitsPlatform reports whether a condition says that the platform's mail server is the trouble.
func awaitsPlatform(c *metav1.Condition) bool {
	return c != nil && strings.Contains(c.Message, onboarding.PlatformTrouble)
}
