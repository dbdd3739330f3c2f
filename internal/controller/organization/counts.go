// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/status"
)

// reconcileCounts counts the users, workspaces and groups of the organization.
func (r *Reconciler) reconcileCounts(_ context.Context, s *scope) (time.Duration, error) {
	s.organization.Status.Users = countUsers(s.users)
	s.organization.Status.Workspaces = status.Count(len(s.workspaces))
	groups := countGroups(s.users, s.workspaces, s.groups)
	s.organization.Status.Groups = groups[:min(len(groups), effective.MaxGroups)]
	s.organization.Status.UnlistedGroups = *status.Count(len(groups) - len(s.organization.Status.Groups))
	return 0, nil
}

func countUsers(users []*v1alpha1.OrgUser) v1alpha1.UserCounts {
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
	return v1alpha1.UserCounts{Total: status.Count(len(users)), Active: &active, Pending: &pending, Limited: &limited}
}

// countGroups counts the users in each group, without those who are being removed. A group that has an OrgGroup or that a workspace names,
// and nobody is in, counts zero.
func countGroups(users []*v1alpha1.OrgUser, workspaces []*v1alpha1.Workspace, groups []*v1alpha1.OrgGroup) []v1alpha1.GroupStatus {
	counts := map[v1alpha1.ObjectName]int{}
	for _, g := range groups {
		counts[v1alpha1.ObjectName(g.Name)] = 0
	}
	for _, w := range workspaces {
		maps.Copy(counts, groupsNamed(w))
	}
	for _, u := range users {
		if !u.DeletionTimestamp.IsZero() {
			continue
		}
		for _, group := range effective.KnownGroups(u) {
			counts[group]++
		}
	}
	names := slices.Sorted(maps.Keys(counts))
	var counted []v1alpha1.GroupStatus
	for _, name := range names {
		counted = append(counted, v1alpha1.GroupStatus{Name: string(name), Users: status.Count(counts[name])})
	}
	return counted
}

// groupsNamed returns the groups that a workspace names, with a count of zero each.
func groupsNamed(w *v1alpha1.Workspace) map[v1alpha1.ObjectName]int {
	groups := map[v1alpha1.ObjectName]int{}
	for _, m := range w.Spec.Members {
		if m.Group != "" {
			groups[m.Group] = 0
		}
	}
	return groups
}

// peoplePerDelay is how many people make the count of an Organization wait for another mapper.CountDelay: a pass goes through all of them,
// and a change of one person must not cost more, the more others there are.
const peoplePerDelay = 5000

// countDelay is how long changes are gathered for one count of an Organization.
func (r *Reconciler) countDelay(ctx context.Context, key types.NamespacedName) (delay time.Duration, urgent bool) {
	o, err := r.cache.Organization(ctx, key.Namespace)
	if err != nil || o == nil {
		return mapper.CountDelay, true // it is gone, or the pass reports what is wrong
	}
	delay = mapper.CountDelay * time.Duration(1+ptr.Deref(o.Status.Users.Total, 0)/peoplePerDelay)
	return delay, !o.DeletionTimestamp.IsZero() // its deletion waits for what is in it
}
