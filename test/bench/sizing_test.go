// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// idle is for how long the operator's CPU time is measured while nothing happens.
const idle = time.Minute

// BenchmarkSizing measures what the operator's process takes for numbers of people, 1,000 or those in USHER_SIZING, ascending and
// separated by commas: docs/sizing.md is made of it. People are in organizations of 500 with 10 workspaces, each person in 3 of them.
// For each number it measures a start over everything in its settled form, a minute in which nothing happens, and one person who is
// added. USHER_SIZING_LIMIT, in MiB, runs the operator in a memory cgroup, which takes root; USHER_SIZING_PROFILE names a directory for
// heap profiles.
func BenchmarkSizing(b *testing.B) {
	ctx := b.Context()
	s := newSizing(ctx, b)
	for _, people := range numbers(b) {
		b.Run(strconv.Itoa(people), func(b *testing.B) {
			for b.Loop() {
				s.crowd.grow(ctx, people)
				s.measure(ctx, b)
			}
		})
	}
}

// numbers returns the numbers of people to measure.
func numbers(b *testing.B) []int {
	text := os.Getenv("USHER_SIZING")
	if text == "" {
		text = "1000"
	}
	var out []int
	for number := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(number)
		must(b, err)
		out = append(out, n)
	}
	return out
}

// sizing is a control plane with many organizations, and the operator as a process of its own.
type sizing struct {
	all    *suite.Suite
	env    *testenv.Env
	binary string
	crowd  *copies
}

func newSizing(ctx context.Context, b *testing.B) *sizing {
	s := &sizing{all: suite.Start(b, nil)}
	s.env = s.all.Env
	var err error
	s.binary, err = operator.Build(ctx, b.TempDir())
	must(b, err)
	s.crowd = newCopies(s.env)
	s.crowd.declare(ctx)
	p := s.launch(b, 0)
	p.awaitReady(ctx, b)
	s.crowd.awaitSettled(ctx)
	p.settle(ctx)
	must(b, p.Stop())
	s.crowd.read(ctx)
	return s
}

// measure starts the operator over what there is, and reports what it takes.
func (s *sizing) measure(ctx context.Context, b *testing.B) {
	began := time.Now()
	p := s.launch(b, limitMiB(b))
	defer func() { must(b, p.Stop()) }()
	p.awaitReady(ctx, b)
	b.ReportMetric(time.Since(began).Seconds(), "s-ready")
	b.ReportMetric(p.cpu(), "cpu-s-ready")
	p.settle(ctx)
	b.ReportMetric(p.cpu(), "cpu-s-settled")
	b.ReportMetric(p.peakMiB(), "MiB-peak-rss")
	b.ReportMetric(float64(s.writes(ctx, b, began)), "writes-start")

	busy := p.cpu()
	time.Sleep(idle)
	b.ReportMetric((p.cpu()-busy)/idle.Seconds()*1000, "mCPU-idle")
	p.collected(ctx)
	live := p.value(ctx, liveHeap)
	b.ReportMetric(live/(1<<20), "MiB-live-heap")
	b.ReportMetric(live/float64(s.crowd.people()), "B-live-heap/person")
	b.ReportMetric(p.value(ctx, resident)/(1<<20), "MiB-rss")

	busy, began = p.cpu(), time.Now()
	s.addPerson(ctx)
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-change")
	p.settle(ctx)
	b.ReportMetric((p.cpu()-busy)*1000, "cpu-ms-change")
	b.ReportMetric(float64(s.writes(ctx, b, began))-1, "writes-change")
	b.ReportMetric(p.peakMiB(), "MiB-peak-rss-after")
	b.ReportMetric(load(), "load")
	if directory := os.Getenv("USHER_SIZING_PROFILE"); directory != "" {
		must(b, p.Stop())
		s.profile(ctx, b, directory)
	}
}

// addPerson adds somebody with three workspaces, and waits until the person has them.
func (s *sizing) addPerson(ctx context.Context) {
	u := builders.OrgUser(template, fmt.Sprintf("new-%d", time.Now().UnixNano())).Existing().
		Workspace("team-0", v1alpha1.WorkspaceEdit).Workspace("team-1", v1alpha1.WorkspaceView).Workspace("team-2", v1alpha1.WorkspaceView).Obj()
	check(s.env.Client.Create(ctx, u))
	check(wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		err := s.env.Client.Get(ctx, client.ObjectKeyFromObject(u), u)
		return meta.IsStatusConditionTrue(u.Status.Conditions, v1alpha1.ConditionReady), err
	}))
}

// writes returns how much was written since a time, without leases and events.
func (s *sizing) writes(ctx context.Context, b *testing.B, since time.Time) int {
	writes, err := s.env.Writes(ctx, since, func(a testenv.AuditEvent) bool {
		return a.ObjectRef.Resource != "leases" && a.ObjectRef.Resource != "events" &&
			!strings.Contains(a.UserAgent, "kube-controller-manager") && !strings.HasPrefix(a.Actor(), "system:apiserver")
	})
	must(b, err)
	counts := map[string]int{}
	for _, w := range writes {
		counts[w.Verb+" "+w.ObjectRef.Resource+"/"+w.ObjectRef.Subresource+" "+strconv.Itoa(int(w.ResponseStatus.Code))]++
	}
	b.Log("writes: ", counts)
	return len(writes)
}

// load returns the machine's load average of the last minute.
func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	check(err)
	average, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	check(err)
	return average
}

// limitMiB returns the memory limit to run under, or 0.
func limitMiB(b *testing.B) int {
	text := os.Getenv("USHER_SIZING_LIMIT")
	if text == "" {
		return 0
	}
	limit, err := strconv.Atoi(text)
	must(b, err)
	return limit
}
