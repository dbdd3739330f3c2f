// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	// rounds is the number of times a change is made, and largeRounds that of one that concerns hundreds.
	rounds, largeRounds = 5, 3
)

// BenchmarkWorkspaces measures an organization of 5,000 active people and 200 workspaces of 25 members each: the operator's
// first start over all of it, a later start, and these changes: one user in three workspaces, one workspace of 25 members, a
// group of 500 people added to a workspace, one member added to a workspace of 25, a workspace of which everybody is a member,
// and one member added to that. At the end, the organization is deleted.
//
// It reports the time from before the request until a watch has seen the RoleBindings (for a start, until there is nothing
// left to do), and all write requests of the operator until it is done, including events but not its lease. It also reports
// the ratio to the time that a bare client with 8 requests at a time takes in the same run: one that creates the same
// RoleBindings and nothing else, and one that repeats the same writes of all kinds, in the order in which they depend on each other
// (see replay). For several rounds it reports medians.
//
// USHER_BENCH_PEOPLE sets another number of people.
func BenchmarkWorkspaces(b *testing.B) {
	ctx := b.Context()
	c := newCrowd(ctx, b)
	b.Run("start", func(b *testing.B) { c.with(b).benchmarkStart(ctx) })
	b.Run("restart", func(b *testing.B) { c.with(b).benchmarkRestart(ctx) })
	b.Run("user", func(b *testing.B) { c.with(b).benchmarkChange(ctx, rounds, c.addUser) })
	b.Run("workspace", func(b *testing.B) { c.with(b).benchmarkChange(ctx, rounds, c.addWorkspace) })
	b.Run("group", func(b *testing.B) { c.with(b).benchmarkChange(ctx, largeRounds, c.addGroup) })
	b.Run("member-of-25", func(b *testing.B) { c.with(b).benchmarkChange(ctx, rounds, c.addMember("work-7")) })
	b.Run("everybody", func(b *testing.B) { c.with(b).benchmarkChange(ctx, 1, c.addEverybody) })
	b.Run("member-of-5000", func(b *testing.B) { c.with(b).benchmarkChange(ctx, rounds, c.addMember(everybody)) })
	b.Run("delete", func(b *testing.B) { c.with(b).benchmarkDelete(ctx) })
}

func (c *crowd) with(b *testing.B) *crowd {
	c.b = b
	return c
}

// benchmarkStart starts the operator over an organization that it has never seen.
func (c *crowd) benchmarkStart(ctx context.Context) {
	for c.b.Loop() {
		empty := heap()
		c.meter.keep()
		took := c.start(ctx)
		c.complete(ctx)
		c.b.ReportMetric(heap()-empty, "MB-heap")
		made := c.bindings(ctx)
		counts, writes := c.meter.written()
		c.report(took, c.bare(ctx, made), writes, len(made))
		c.b.ReportMetric(float64(writes)/float64(c.least(len(made))), "writes:least")
		c.b.ReportMetric(float64(counts["post events"]), "events")
		c.stop()
		s := story{followed: slices.DeleteFunc(c.meter.until(time.Now()), func(w write) bool {
			return !strings.Contains(w.plain().object(), crowdName) // its certificates
		})}
		same, _ := c.replay(ctx, s)
		c.reportSame(took, same)
		c.start(ctx)
		c.b.Log(counts)
	}
}

// least returns how many writes the first start takes at least: see docs/performance.md.
func (c *crowd) least(bindings int) int {
	const (
		eachUser      = 2 // what is in force, before the access is; Ready, after it
		eachWorkspace = 4 // namespace, settings, in force, the number of people
		organization  = 2 // the administrators in force, the numbers
	)
	return bindings + eachUser*(c.people+1) + eachWorkspace*workspaces + organization
}

// benchmarkRestart stops the operator and starts it again, when there is nothing left to do.
func (c *crowd) benchmarkRestart(ctx context.Context) {
	for c.b.Loop() {
		c.stop()
		took := c.start(ctx)
		counts, writes := c.meter.written()
		c.b.ReportMetric(float64(took.Milliseconds()), "ms-usher")
		c.b.ReportMetric(float64(writes), "writes")
		c.b.Log(counts)
	}
}

// change is a change to measure: how many RoleBindings follow from it, their key in the observer, how to list them, and how to
// make the change.
type change struct {
	key      string
	bindings int
	of       []client.ListOption
	do       func(context.Context) error
}

// benchmarkChange makes several changes of one kind and waits after each of them until the operator is done.
func (c *crowd) benchmarkChange(ctx context.Context, times int, next func(ctx context.Context, round int) change) {
	for c.b.Loop() {
		var usher, bare, same []time.Duration
		var stories []story
		var writes []int
		var counts map[string]int
		for round := range times {
			now := next(ctx, round)
			before, _ := c.observer.count(now.key)
			c.meter.keep()
			c.asked.keep()
			began := c.meter.begin()
			must(c.b, now.do(ctx))
			inForce := c.observer.await(ctx, now.key, before, now.bindings)
			usher = append(usher, inForce.Sub(began))
			c.meter.settled(ctx)
			stories = append(stories, story{now, c.asked.until(inForce), c.meter.until(inForce)})
			var total int
			counts, total = c.meter.written()
			writes = append(writes, total)
			bare = append(bare, c.bare(ctx, c.newest(ctx, now)))
		}
		c.report(median(usher), median(bare), median(writes), stories[0].bindings)
		c.stop()
		for _, s := range stories {
			took, repeated := c.replay(ctx, s)
			same = append(same, took)
			c.b.ReportMetric(float64(repeated), "writes-repeated")
		}
		c.reportSame(median(usher), median(same))
		c.start(ctx)
		c.b.Log(counts, stories[len(stories)-1])
	}
}

func (c *crowd) reportSame(usher, same time.Duration) {
	c.b.ReportMetric(same.Seconds()*1000, "ms-same-writes")
	c.b.ReportMetric(usher.Seconds()/same.Seconds(), "usher:same-writes")
}

// newest returns the RoleBindings that follow from a change.
func (c *crowd) newest(ctx context.Context, now change) []rbacv1.RoleBinding {
	bindings := c.bindings(ctx, now.of...)
	slices.SortFunc(bindings, func(a, b rbacv1.RoleBinding) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	return bindings[:now.bindings]
}

// report reports how long both took and how much the operator wrote.
func (c *crowd) report(usher, bare time.Duration, writes, bindings int) {
	c.b.ReportMetric(usher.Seconds()*1000, "ms-usher")
	c.b.ReportMetric(bare.Seconds()*1000, "ms-bare")
	c.b.ReportMetric(usher.Seconds()/bare.Seconds(), "usher:bare")
	c.b.ReportMetric(float64(writes), "writes")
	c.b.ReportMetric(float64(bindings), "bindings")
}

// addUser adds one person in three workspaces, who has four RoleBindings.
func (c *crowd) addUser(_ context.Context, round int) change {
	name := fmt.Sprintf("new-%d", round)
	user := builders.OrgUser(crowdName, name).Existing()
	for n := range 3 {
		user = user.Workspace(fmt.Sprintf("work-%d", 10*round+n), v1alpha1.WorkspaceEdit)
	}
	return change{
		key: "user/" + name, bindings: 4, of: []client.ListOption{client.MatchingLabels{v1alpha1.LabelUser: name}},
		do: func(ctx context.Context) error { return c.asker.Create(ctx, user.Obj()) },
	}
}

// addWorkspace adds a workspace with 25 people and the administrator, who is in every workspace.
func (c *crowd) addWorkspace(_ context.Context, round int) change {
	w := c.workspace(fmt.Sprintf("more-%d", round), 25*round, 25).Obj()
	return c.inWorkspace(w.Name, 26, func(ctx context.Context) error { return c.asker.Create(ctx, w) })
}

// addEverybody adds a workspace that lists everybody by address. It lists the same number of addresses if there are fewer
// people.
func (c *crowd) addEverybody(_ context.Context, _ int) change {
	w := c.workspace(everybody, 0, people).Obj()
	return c.inWorkspace(w.Name, c.people+1, func(ctx context.Context) error { return c.asker.Create(ctx, w) })
}

// addGroup adds 500 people to a workspace at once.
func (c *crowd) addGroup(ctx context.Context, round int) change {
	name := fmt.Sprintf("work-%d", 100+round)
	return c.inWorkspace(name, inGroup, c.addTo(ctx, name, v1alpha1.WorkspaceMember{Group: "crowd", Access: v1alpha1.WorkspaceEdit}))
}

// addMember adds an existing person to a workspace.
func (c *crowd) addMember(workspace string) func(context.Context, int) change {
	return func(ctx context.Context, round int) change {
		user := builders.OrgUser(crowdName, fmt.Sprintf("%s-%d", workspace, round)).Existing().Obj()
		must(c.b, c.env.Client.Create(ctx, user))
		c.meter.settled(ctx)
		return c.inWorkspace(workspace, 1, c.addTo(ctx, workspace,
			v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(user.Spec.Email), Access: v1alpha1.WorkspaceEdit}))
	}
}

// addTo reads a workspace and returns a function that writes it with one more member.
func (c *crowd) addTo(ctx context.Context, workspace string, member v1alpha1.WorkspaceMember) func(context.Context) error {
	w := builders.Workspace(crowdName, workspace).Obj()
	must(c.b, c.env.Client.Get(ctx, client.ObjectKeyFromObject(w), w))
	before := w.DeepCopy()
	w.Spec.Members = append(w.Spec.Members, member)
	return func(ctx context.Context) error { return c.asker.Patch(ctx, w, client.MergeFrom(before)) }
}

func (c *crowd) inWorkspace(name string, bindings int, do func(context.Context) error) change {
	namespace := crowdName + "-" + name
	return change{key: namespace, bindings: bindings, of: []client.ListOption{client.InNamespace(namespace)}, do: do}
}
