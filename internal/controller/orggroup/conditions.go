// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// setConditions says how the group stands, or what failed.
func setConditions(s *scope, failed error) {
	g := s.group
	switch _, failure := requeue.Split(g, failed); {
	case failure != nil:
		status.Progressing(g, v1alpha1.ReasonFailed, wording.Failures(failure))
	case s.granting, failed != nil: // what is transient is no failure, but the access is not there yet
		status.Progressing(g, v1alpha1.ReasonReconciling, "access is being updated")
	case s.organization == nil:
		status.Progressing(g, v1alpha1.ReasonOrganizationNotFound, wording.NoOrganization(g.Namespace))
	case s.refusal != "":
		status.Stalled(g, v1alpha1.ReasonIdentityGroupRefused, fmt.Sprintf("spec.identityGroup: %q %s. It has no access; the group's "+
			"members have", g.Spec.IdentityGroup, s.refusal))
	case s.titleHolder != nil:
		status.Stalled(g, v1alpha1.ReasonDuplicateDisplayName, fmt.Sprintf("spec.displayName: %q %s. Change one of them; all else is in "+
			"force", effective.GroupTitle(g), authz.TitleTakenMessage(s.titleHolder)))
	case s.unlisted > 0:
		status.Ready(g, v1alpha1.ReasonReady, fmt.Sprintf("the spec is in force, except that %d more workspaces list the group than the "+
			"status has room for: the group of the identity provider has no access to those", s.unlisted))
	default:
		status.Ready(g, v1alpha1.ReasonReady, "the spec is in force")
	}
}

// maxNote is how many bytes an event's text may have.
const maxNote = 1000

// writeStatus writes the status, and emits an event once a problem is written that was not there before.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope, failed error) error {
	setConditions(s, failed)
	before := s.before
	wrote, err := status.Write(ctx, r.client, before, s.group)
	if err != nil || !wrote {
		return err
	}
	s.before = s.group.DeepCopy()
	for _, kind := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionAccountsExist} {
		is := meta.FindStatusCondition(s.group.Status.Conditions, kind)
		was := meta.FindStatusCondition(before.Status.Conditions, kind)
		if is != nil && (was == nil || was.Reason != is.Reason) {
			r.recorder.Eventf(s.group, nil, corev1.EventTypeWarning, is.Reason, "Reconcile", "%s", attempt.Shorten(is.Message, maxNote))
		}
	}
	return nil
}
