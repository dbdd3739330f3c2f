// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	// teams is how many workspaces 500 people have, each of which lists teamOf of them.
	teams, teamOf = 20, 25
	// scaleRounds is how often each change is made.
	scaleRounds = 9
	// scalePeople is how many people the large organization has, unless USHER_BENCH_PEOPLE says otherwise.
	scalePeople = 50_000
)

// BenchmarkScale measures one change in an organization of 500 people and in one of 50,000, which take turns: a person with access to three
// workspaces who is added, one who is listed in a workspace of 25, and one who is removed. It reports the medians of the times from before
// the request until a watch has seen the RoleBindings, or that the person is gone, and their ratio.
//
// The people are written to etcd as the operator leaves them: see copies. USHER_BENCH_PEOPLE sets another number.
func BenchmarkScale(b *testing.B) {
	ctx := b.Context()
	c := controlPlane(b, sizeOr(b, scalePeople))
	c.meter.calm = calm(peopleEach) // no workspace lists many
	c.scale(ctx)
	c.start(ctx)
	c.observer = observe(ctx, c.watching) // not before: it would not keep up with what is written to etcd
	small, large := template, fmt.Sprintf("org%05d", 1)
	for _, kind := range []struct {
		name string
		once func(context.Context, string, int) time.Duration
	}{{"user", c.timeUser}, {"member", c.timeMember}, {"removal", c.timeRemoval}} {
		b.Run(kind.name, func(b *testing.B) {
			c.b = b
			for b.Loop() {
				var few, many []time.Duration
				for round := range scaleRounds {
					few = append(few, kind.once(ctx, small, round))
					many = append(many, kind.once(ctx, large, round))
				}
				b.ReportMetric(msBetween(time.Time{}, time.Time{}.Add(median(few))), "ms-500")
				b.ReportMetric(msBetween(time.Time{}, time.Time{}.Add(median(many))), "ms-many")
				b.ReportMetric(float64(median(many))/float64(median(few)), "many:500")
			}
		})
	}
}

// scale has the operator settle an organization of 500, and makes another one of it with more people.
func (c *crowd) scale(ctx context.Context) {
	source := newCopies(c.env)
	must(c.b, c.env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: template}}))
	must(c.b, c.past.Create(ctx, admitted(builders.Organization(template).Obj())))
	must(c.b, c.past.Create(ctx, admitted(builders.OrgUser(template, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())))
	c.parallel(teams, func(n int) {
		w := builders.Workspace(template, fmt.Sprintf("team-%d", n)).With(func(w *v1alpha1.Workspace) {
			for m := n * teamOf; m < (n+1)*teamOf; m++ {
				email := builders.OrgUser(template, fmt.Sprintf("person-%d", m)).Obj().Spec.Email
				w.Spec.Members = append(w.Spec.Members,
					v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(email), Access: v1alpha1.WorkspaceView})
			}
		})
		check(c.past.Create(ctx, admitted(w.Obj())))
	})
	c.parallel(peopleEach, func(n int) {
		u := builders.OrgUser(template, fmt.Sprintf("person-%d", n)).Existing().Workspace(fmt.Sprintf("team-%d", (n+1)%teams), v1alpha1.WorkspaceEdit)
		check(c.past.Create(ctx, admitted(u.Obj())))
	})
	c.start(ctx)
	source.awaitSettled(ctx)
	c.stop()
	source.read(ctx)
	source.copy(ctx, 1)
	source.made++
	c.parallel(c.people/peopleEach-1, func(n int) { source.enlarge(ctx, 1, n+1) })
	source.awaitServed(ctx)
}

// numbered are the objects of which an organization has many.
var numbered = regexp.MustCompile(`\b(person|team)-(\d+)\b`)

// enlarge adds people and workspaces to a copy of the template: what the template has, under the numbers that follow.
func (c *copies) enlarge(ctx context.Context, number, times int) {
	name, each := fmt.Sprintf("org%05d", number), map[string]int{"person": peopleEach, "team": teams}
	rename := func(text string) string {
		return strings.ReplaceAll(numbered.ReplaceAllStringFunc(text, func(word string) string {
			what, digits, _ := strings.Cut(word, "-")
			n, err := strconv.Atoi(digits)
			check(err)
			return fmt.Sprintf("%s-%d", what, n+times*each[what])
		}), template, name)
	}
	c.storeAll(ctx, func(o *stored) (pair, bool) {
		return c.pairAs(o, number+times, rename), numbered.MatchString(o.key())
	})
}

// timeUser adds a person with access to three workspaces.
func (c *crowd) timeUser(ctx context.Context, organization string, round int) time.Duration {
	name := fmt.Sprintf("new-%s-%d", organization, round)
	u := builders.OrgUser(organization, name).Existing()
	for n := range 3 {
		u = u.Workspace(fmt.Sprintf("team-%d", n), v1alpha1.WorkspaceEdit)
	}
	return c.timed(ctx, "user/"+name, 4, func() error { return c.asker.Create(ctx, u.Obj()) })
}

// timeMember lists the person whom timeUser has added in another workspace.
func (c *crowd) timeMember(ctx context.Context, organization string, round int) time.Duration {
	name := fmt.Sprintf("new-%s-%d", organization, round)
	email := v1alpha1.MemberAddress(builders.OrgUser(organization, name).Obj().Spec.Email)
	w := builders.Workspace(organization, fmt.Sprintf("team-%d", 4+round)).Obj()
	must(c.b, c.env.Client.Get(ctx, client.ObjectKeyFromObject(w), w))
	before := w.DeepCopy()
	w.Spec.Members = append(w.Spec.Members, v1alpha1.WorkspaceMember{Email: email, Access: v1alpha1.WorkspaceView})
	return c.timed(ctx, "user/"+name, 1, func() error { return c.asker.Patch(ctx, w, client.MergeFrom(before)) })
}

// timed makes a change and returns how long it takes until a watch has seen its RoleBindings.
func (c *crowd) timed(ctx context.Context, key string, bindings int, do func() error) time.Duration {
	c.meter.settled(ctx)
	before, _ := c.observer.count(key)
	began := time.Now()
	must(c.b, do())
	return c.observer.await(ctx, key, before, bindings).Sub(began)
}

// timeRemoval deletes the person whom timeUser has added, and returns how long it takes until a watch has seen that they are gone.
func (c *crowd) timeRemoval(ctx context.Context, organization string, round int) time.Duration {
	c.meter.settled(ctx)
	u := builders.OrgUser(organization, fmt.Sprintf("new-%s-%d", organization, round)).Obj()
	events, err := c.watching.Watch(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(organization),
		client.MatchingFields{"metadata.name": u.Name})
	must(c.b, err)
	defer events.Stop()
	began := time.Now()
	must(c.b, c.asker.Delete(ctx, u))
	for event := range events.ResultChan() {
		if event.Type == watch.Deleted {
			return time.Since(began)
		}
	}
	c.b.Fatalf("the watch for the end of %s has ended", u.Name)
	return 0
}
