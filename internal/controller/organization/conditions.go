// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// setConditions sets how the organization stands. An organization without an administrator yet is Ready: its users are declared
// after it. What somebody has to change comes before what has failed, which is retried.
func setConditions(s *scope, failed error) {
	o := s.organization
	switch problems := s.moduleProblems; {
	case s.held != "":
		status.Stalled(o, v1alpha1.ReasonLastAdministrator, fmt.Sprintf(
			"%s stays an administrator, because no other administrator is in force: make somebody else OrganizationAdmin first", s.held))
	case len(problems) > 0 && problems[0].Stuck:
		status.Stalled(o, v1alpha1.ReasonClusterRoleNotGrantable, joinMessages(problems))
	case s.refusedRoles != "":
		status.Stalled(o, v1alpha1.ReasonRoleByGroupRefused, s.refusedRoles)
	case len(effective.WithheldModules(o)) > 0:
		status.Stalled(o, v1alpha1.ReasonSeatLedgerFull, fmt.Sprintf("the status names everybody who holds a seat, and has no room for "+
			"further names, so nobody gets the free seats of %s: assign modules to fewer users, or give users shorter names",
			wording.Some(effective.WithheldModules(o))))
	case failed != nil:
		status.Progressing(o, v1alpha1.ReasonFailed, strings.ReplaceAll(failed.Error(), "\n", "; "))
	case len(problems) > 0:
		status.Progressing(o, v1alpha1.ReasonClusterRoleNotFound, joinMessages(problems))
	case len(o.Status.Administrators) > 0:
		status.Ready(o, v1alpha1.ReasonReady,
			wording.Count(*status.Count(len(o.Status.Administrators)), "administrator", "administrators")+" in force")
	default:
		status.Ready(o, v1alpha1.ReasonNoAdministrator, noAdministrator(o, s.users))
	}
}

func joinMessages(problems []effective.ModuleProblem) string {
	messages := make([]string, 0, len(problems))
	for _, p := range problems {
		messages = append(messages, p.Message)
	}
	return strings.Join(messages, "; ")
}

// isMisnamed reports whether an Organization has another name than its namespace. Such a one can only have been created while the
// webhooks were not called. It is not an organization: nothing in the namespace belongs to it.
func isMisnamed(o *v1alpha1.Organization) bool { return o.Name != o.Namespace }

// reportMisnamed writes the status of a misnamed Organization.
func (r *Reconciler) reportMisnamed(ctx context.Context, o *v1alpha1.Organization) error {
	before := o.DeepCopy()
	status.Stalled(o, v1alpha1.ReasonOrganizationMisnamed, authz.CheckContent(o)[0].Message) // the name is checked first
	return r.writeStatus(ctx, before, o)
}

// writeStatus writes the status, and records an event once it is written that modules, or roles by group, cannot be in force, or that the
// directory has been stopped.
func (r *Reconciler) writeStatus(ctx context.Context, before, after *v1alpha1.Organization) error {
	was := readyReason(before)
	wrote, err := status.Write(ctx, r.client, before, after)
	if err != nil || !wrote {
		return err
	}
	r.recordStop(before, after)
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if ready.Reason != was && (ready.Reason == v1alpha1.ReasonClusterRoleNotFound ||
		ready.Reason == v1alpha1.ReasonClusterRoleNotGrantable || ready.Reason == v1alpha1.ReasonRoleByGroupRefused) {
		r.recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	}
	return nil
}

func readyReason(o *v1alpha1.Organization) string {
	if ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}
