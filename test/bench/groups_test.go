// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// groupsInWorkspace is how many groups each workspace lists.
const groupsInWorkspace = 25

// BenchmarkGroups measures a first start over 10,000 people, or as many as USHER_BENCH_PEOPLE says, whom OrgGroups of 20 list by address.
// Workspaces list the groups. Beside it, a bare client creates the same RoleBindings and nothing else.
func BenchmarkGroups(b *testing.B) {
	ctx := b.Context()
	people := sizeOr(b, 10_000) / peopleInGroup * peopleInGroup
	c := controlPlane(b, people)
	c.observer = observe(ctx, c.watching)
	c.fillGroups(ctx)
	for b.Loop() {
		c.measureGroups(ctx)
	}
}

// fillGroups creates the people, the groups and the workspaces while the operator is stopped.
func (c *crowd) fillGroups(ctx context.Context) {
	c.population(ctx, person)
	groups := c.people / peopleInGroup
	c.parallel(groups, func(n int) {
		var listed []string
		for m := range peopleInGroup {
			listed = append(listed, string(person(n*peopleInGroup+m).Obj().Spec.Email))
		}
		check(c.past.Create(ctx, admitted(builders.OrgGroup(crowdName, groupName(n)).Members(listed...).Obj())))
	})
	c.parallel((groups+groupsInWorkspace-1)/groupsInWorkspace, func(n int) {
		w := builders.Workspace(crowdName, fmt.Sprintf("work-%d", n))
		for g := n * groupsInWorkspace; g < min((n+1)*groupsInWorkspace, groups); g++ {
			w = w.Group(groupName(g), v1alpha1.WorkspaceView)
		}
		check(c.past.Create(ctx, admitted(w.Obj())))
	})
}

func groupName(n int) string { return fmt.Sprintf("group-%d", n) }

func (c *crowd) measureGroups(ctx context.Context) {
	took := c.start(ctx)
	counts, total := c.meter.written()
	c.complete(ctx)
	groups := c.countedGroups(ctx)
	c.b.Logf("%d people in %d groups in force after %s, writes %v", c.people, groups, took, counts)
	c.stop()
	bindings := c.bindings(ctx)
	if len(bindings) < 2*c.people {
		c.b.Fatalf("%d people have %d RoleBindings", c.people, len(bindings))
	}
	c.b.ReportMetric(took.Seconds()/c.bare(ctx, bindings).Seconds(), "usher:bare")
	c.b.ReportMetric(float64(total)/float64(c.people), "writes/person")
	c.b.ReportMetric(float64(counts["patch orggroups/status"])/float64(groups), "statuses/group")
}

// countedGroups returns how many groups there are, and fails unless each is Ready and counts all of its people.
func (c *crowd) countedGroups(ctx context.Context) int {
	var groups v1alpha1.OrgGroupList
	must(c.b, c.env.Client.List(ctx, &groups, client.InNamespace(crowdName)))
	for n := range groups.Items {
		g := &groups.Items[n]
		c.ready(g, g.Status.Conditions)
		if g.Status.Members == nil || *g.Status.Members != peopleInGroup {
			c.b.Fatalf("%s has %v people", g.Name, g.Status.Members)
		}
	}
	return len(groups.Items)
}
