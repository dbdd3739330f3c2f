// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

func count(o *v1alpha1.Organization, users []*v1alpha1.OrgUser, workspaces []*v1alpha1.Workspace) {
	var active, pending, limited int32
	for _, u := range users {
		if effective.IsLimited(u) {
			limited++
		}
		switch u.Status.State {
		case v1alpha1.UserActive:
			active++
		case v1alpha1.UserPending, "":
			pending++
		}
	}
	o.Status.Users = v1alpha1.UserCounts{Total: status.Count(len(users)), Active: &active, Pending: &pending, Limited: &limited}
	o.Status.Workspaces = status.Count(len(workspaces))
	o.Status.Modules = effective.NextSeats(o, users)
	o.Status.Groups = countGroups(users, workspaces)
}

// maxGroups is how many groups a status lists.
const maxGroups = 10000

// countGroups counts who is in each group, those left out who are being removed. A group that a workspace names and nobody
// is in counts zero.
func countGroups(users []*v1alpha1.OrgUser, workspaces []*v1alpha1.Workspace) []v1alpha1.GroupStatus {
	counts := map[v1alpha1.ObjectName]int{}
	for _, w := range workspaces {
		maps.Copy(counts, groupsNamed(w))
	}
	for _, u := range users {
		if !u.DeletionTimestamp.IsZero() {
			continue
		}
		for _, group := range u.Spec.Groups {
			counts[group]++
		}
	}
	names := slices.Sorted(maps.Keys(counts))
	var groups []v1alpha1.GroupStatus
	for _, name := range names[:min(len(names), maxGroups)] {
		groups = append(groups, v1alpha1.GroupStatus{Name: string(name), Users: status.Count(counts[name])})
	}
	return groups
}

// groupsNamed gives the groups that a workspace names, with nobody in them.
func groupsNamed(w *v1alpha1.Workspace) map[v1alpha1.ObjectName]int {
	groups := map[v1alpha1.ObjectName]int{}
	for _, m := range w.Spec.Members {
		if m.Group != "" {
			groups[m.Group] = 0
		}
	}
	return groups
}

// conclude says how the organization stands. Being without an administrator yet is no failure: people are declared
// after their organization.
func conclude(o *v1alpha1.Organization, held string, problems []effective.ModuleProblem) {
	switch {
	case held != "":
		status.Stalled(o, v1alpha1.ReasonLastAdministrator, fmt.Sprintf(
			"%s stays an administrator although the wish is otherwise: there is no other one in force", held))
	case len(problems) > 0 && problems[0].Stuck:
		status.Stalled(o, v1alpha1.ReasonClusterRoleNotGrantable, messagesOf(problems))
	case len(problems) > 0:
		status.Progressing(o, v1alpha1.ReasonClusterRoleNotFound, messagesOf(problems))
	case len(o.Status.Administrators) > 0:
		status.Ready(o, v1alpha1.ReasonReady,
			wording.Count(*status.Count(len(o.Status.Administrators)), "administrator", "administrators")+" in force")
	default:
		status.Ready(o, v1alpha1.ReasonNoAdministrator,
			"no administrator in force yet: declare an OrgUser with the role OrganizationAdmin, or set "+
				"spec.primaryAdministrator to have that person invited")
	}
}

func messagesOf(problems []effective.ModuleProblem) string {
	messages := make([]string, 0, len(problems))
	for _, p := range problems {
		messages = append(messages, p.Message)
	}
	return strings.Join(messages, "; ")
}

// write writes the status, and tells of modules whose ClusterRole cannot be bound once that is written.
func (r *Reconciler) write(ctx context.Context, before, after *v1alpha1.Organization) error {
	was := reasonOf(before)
	wrote, err := status.Write(ctx, r.client, before, after)
	if err != nil || !wrote {
		return err
	}
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	if ready.Reason != was && (ready.Reason == v1alpha1.ReasonClusterRoleNotFound ||
		ready.Reason == v1alpha1.ReasonClusterRoleNotGrantable) {
		r.recorder.Eventf(after, nil, corev1.EventTypeWarning, ready.Reason, "Reconcile", "%s", ready.Message)
	}
	return nil
}

func reasonOf(o *v1alpha1.Organization) string {
	if ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}
